import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP proxy that can take its target away: by cutting every connection, or by swallowing every byte. */
export class Proxy {
  private readonly pairs = new Set<readonly [Socket, Socket]>();
  private mode: 'open' | 'cut' | 'hang' = 'open';

  private constructor(
    private readonly server: Server,
    private readonly target: { readonly host: string; readonly port: number },
    readonly port: number,
  ) {}

  static async start(host: string, port: number): Promise<Proxy> {
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const proxy = new Proxy(server, { host, port }, (server.address() as AddressInfo).port);
    server.on('connection', (client) => proxy.join(client));
    return proxy;
  }

  /** Every connection is reset, and so is every new one. */
  cut(): void {
    this.mode = 'cut';
    for (const pair of this.pairs) for (const socket of pair) socket.resetAndDestroy();
  }

  /** Connections stay and new ones are accepted, but nothing goes through any more: a network that swallows packets. */
  hang(): void {
    this.mode = 'hang';
    for (const [client, server] of this.pairs) {
      client.unpipe(server);
      server.unpipe(client);
      for (const socket of [client, server]) socket.pause();
    }
  }

  /** New connections work again; those that hang hang for ever, as after a failover. */
  restore(): void {
    this.mode = 'open';
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => {
      this.server.close(resolve);
    });
  }

  private join(client: Socket): void {
    if (this.mode === 'cut') return void client.resetAndDestroy();
    const server = connect(this.target.port, this.target.host);
    const pair = [client, server] as const;
    this.pairs.add(pair);
    for (const socket of pair) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.pairs.delete(pair);
        // A connection that hangs is not told of its other end's end.
        if (this.mode !== 'hang') for (const other of pair) other.destroy();
      });
    }
    if (this.mode === 'open') client.pipe(server).pipe(client);
  }
}
