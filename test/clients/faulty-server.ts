import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Heard {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
  readonly at: number;
}

/** Plays a service that is faulty: notes each request, and answers as it is told. */
export class FaultyServer {
  readonly heard: Heard[] = [];

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(answer: (heard: Heard, response: ServerResponse, count: number) => void): Promise<FaultyServer> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body: unknown = JSON.parse(Buffer.concat(chunks).toString() || 'null');
        const heard = { path: request.url ?? '', headers: request.headers, body, at: Date.now() };
        faulty.heard.push(heard);
        answer(heard, response, faulty.heard.length);
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const faulty = new FaultyServer(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    return faulty;
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}
