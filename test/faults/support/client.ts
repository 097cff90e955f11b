import { once } from 'node:events';
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Json } from '../../support/watcher.js';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Json;
  /** From the moment of sending to the end of the answer. */
  readonly ms: number;
}

/** No answer arrived: the effect of the request is unknown. */
export class NoAnswer extends Error {
  constructor(
    readonly code: string | undefined,
    /** The answer had begun. */
    readonly isTorn: boolean,
    readonly ms: number,
  ) {
    super(`no answer: ${code}${isTorn ? ', in the middle of one' : ''}`);
  }
}

/** An answer that is later than this will never come: that counts as a fault. */
const PATIENCE_MS = 20_000;

/** Uses connections that are already open, as long as there are any. */
class PreparedAgent extends Agent {
  readonly prepared: Socket[] = [];

  override createConnection(
    ...[options, callback]: Parameters<Agent['createConnection']>
  ): ReturnType<Agent['createConnection']> {
    return this.prepared.pop() ?? super.createConnection(options, callback);
  }
}

/** Sends HTTP to a service that may vanish at any moment, on persistent connections. */
export class Client {
  private readonly agent: PreparedAgent;

  constructor(
    readonly url: string,
    connections = 64,
    private readonly patienceMs = PATIENCE_MS,
  ) {
    this.agent = new PreparedAgent({ keepAlive: true, maxSockets: connections });
  }

  get(path: string): Promise<Reply> {
    return this.send('GET', path);
  }

  post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Reply> {
    return this.send('POST', path, JSON.stringify(body), headers);
  }

  patch(path: string, body: unknown): Promise<Reply> {
    return this.send('PATCH', path, JSON.stringify(body));
  }

  /** @throws NoAnswer */
  send(method: string, path: string, body?: string, headers: Record<string, string> = {}): Promise<Reply> {
    const begun = performance.now();
    const elapsed = (): number => performance.now() - begun;
    return new Promise((resolve, reject) => {
      let hasBegun = false;
      const fail = (error: NodeJS.ErrnoException): void => reject(new NoAnswer(error.code, hasBegun, elapsed()));
      const outgoing = request(new URL(path, this.url), {
        method,
        agent: this.agent,
        timeout: this.patienceMs,
        headers: {
          ...headers,
          ...(body !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
        },
      });
      outgoing.on('error', fail);
      outgoing.on('timeout', () => outgoing.destroy(Object.assign(new Error('timeout'), { code: 'TIMEOUT' })));
      outgoing.on('response', (response) => {
        hasBegun = true;
        const { statusCode: status = 0, headers } = response;
        text(response).then((content) => {
          const isJson = headers['content-type']?.includes('json') ?? false;
          resolve({ status, headers, body: isJson ? JSON.parse(content) : content, ms: elapsed() });
        }, fail);
      });
      outgoing.end(body);
    });
  }

  /**
   * Opens connections in advance, in groups: then many requests at once test the service, not the system's queue of
   * new connections.
   */
  async prepare(connections: number): Promise<void> {
    const { hostname, port } = new URL(this.url);
    while (this.agent.prepared.length < connections) {
      const some = Array.from({ length: 500 }, () => connect(Number(port), hostname));
      await Promise.all(some.map((socket) => once(socket, 'connect')));
      this.agent.prepared.push(...some);
    }
  }

  close(): void {
    for (const socket of this.agent.prepared) socket.destroy();
    this.agent.destroy();
  }
}
