import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  /** It hangs permanently, see {@link TcpProxy.restore}. */
  isLost: boolean;
}

/** Forwards data between two parties, and fails in the ways in which a network does. */
export class TcpProxy {
  private readonly pairs = new Set<Pair>();
  private readonly held: Socket[] = [];
  private isHanging = false;
  private isDropped = (): boolean => false;

  private constructor(
    private readonly target: { readonly host: string; readonly port: number },
    private readonly server: Server,
    readonly port: number,
  ) {
    server.on('connection', (near) => this.accept(near));
  }

  /** Opens a proxy to the address of `url`, whatever its scheme. */
  static async to(url: string): Promise<TcpProxy> {
    const { hostname, port } = new URL(url);
    const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TcpProxy({ host: hostname, port: Number(port) }, server, (server.address() as AddressInfo).port);
  }

  /** The same URL through the proxy. */
  via(url: string): string {
    const detour = new URL(url);
    detour.port = String(this.port);
    return detour.href;
  }

  /** Every connection breaks, and new ones are refused: the other machine is up, the server is not. */
  async cut(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.breakAll();
    await closed;
  }

  /** No packet gets through any more, without notice: the other machine lost its power, or its network. */
  hang(): void {
    this.isHanging = true;
    for (const { near, far } of this.pairs) {
      near.pause();
      far.pause();
    }
  }

  /**
   * Connections get through again. Those that hung deliver the delayed data, as after a short interruption; or they
   * are `lost` and hang for ever, as after a failover, and only new ones work.
   */
  async restore(hung: 'late' | 'lost' = 'late'): Promise<void> {
    this.isHanging = false;
    for (const pair of this.pairs) {
      if (hung === 'lost') pair.isLost = true;
      else if (pair.near.destroyed || pair.far.destroyed) this.part(pair);
      else for (const socket of [pair.near, pair.far]) socket.resume();
    }
    if (hung === 'late') for (const near of this.held.splice(0)) this.accept(near);
    if (!this.server.listening) {
      this.server.listen(this.port, '127.0.0.1');
      await once(this.server, 'listening');
    }
  }

  /** Drops some answers: the request arrives and is executed, and the connection breaks instead of an answer. */
  dropAnswers(isDropped: () => boolean): void {
    this.isDropped = isDropped;
  }

  async close(): Promise<void> {
    this.breakAll();
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    await closed;
  }

  private breakAll(): void {
    for (const near of this.held.splice(0)) near.destroy();
    for (const { near, far } of this.pairs) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
    this.pairs.clear();
  }

  private accept(near: Socket): void {
    near.on('error', () => undefined);
    if (this.isHanging) {
      this.held.push(near);
      return;
    }
    const far = connect({ ...this.target, allowHalfOpen: true });
    far.on('error', () => undefined);
    const pair = { near, far, isLost: false };
    this.pairs.add(pair);
    const part = (): void => {
      // The end of a connection that hangs does not reach its other side.
      if (!this.isHanging && !pair.isLost) this.part(pair);
    };
    near.on('close', part).on('end', () => far.end());
    far.on('close', part).on('end', () => near.end());
    near.on('data', (chunk) => far.write(chunk));
    far.on('data', (chunk) => {
      if (!this.isDropped()) near.write(chunk);
      else near.resetAndDestroy();
    });
  }

  private part(pair: Pair): void {
    pair.near.destroy();
    pair.far.destroy();
    this.pairs.delete(pair);
  }
}
