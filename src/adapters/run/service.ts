import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { jsonText } from './json.js';
import type { Json } from './report.js';

/** An answer of the service. */
export interface Reply {
  readonly status: number;
  readonly body: Json;
}

/** The service did not answer, or not in time. */
export class ServiceAwayError extends Error {}

const NO_RIGHT_KEY_YET = [401, 403];
const NOT_NOW = [408, 429];

/** Whether the same request may succeed after an answer with this status. */
export function mayBeTakenLater(status: number): boolean {
  return status >= 500 || NO_RIGHT_KEY_YET.includes(status) || NOT_NOW.includes(status);
}

/** A client for the requests of a run. */
export class Service {
  private readonly agent = new HttpAgent({ keepAlive: true });
  private secureAgent: HttpAgent | undefined;

  constructor(
    private readonly url: string,
    private readonly key: string | undefined,
    private readonly timeoutMs: number,
  ) {}

  /**
   * The answer to a POST of JSON, whatever its status but for those that mean that the service can't take it now: for
   * these, and without an answer in time, it throws a {@link ServiceAwayError}.
   */
  post(path: string, body: unknown, options: Sending = {}): Promise<Reply> {
    return this.ask('POST', path, body, options);
  }

  /** The same for a PUT. */
  put(path: string, body: unknown, options: Sending = {}): Promise<Reply> {
    return this.ask('PUT', path, body, options);
  }

  /** Closes idle connections. */
  close(): void {
    this.agent.destroy();
    this.secureAgent?.destroy();
  }

  private async ask(method: string, path: string, body: unknown, options: Sending): Promise<Reply> {
    const reply = await this.send(method, path, jsonText(body), options);
    const { status } = reply;
    // A 404 without a code is not the service's own: another server is at this address.
    if (mayBeTakenLater(status) || (status === 404 && reply.body['code'] === undefined)) {
      throw new ServiceAwayError(`${this.url}${path} answered ${status}: ${detailOf(reply)}`);
    }
    return reply;
  }

  private async send(
    method: string,
    path: string,
    text: string,
    { idempotencyKey, strict, signal }: Sending,
  ): Promise<Reply> {
    const isSecure = this.url.startsWith('https:');
    const https = isSecure ? await import('node:https') : undefined;
    if (https) this.secureAgent ??= new https.Agent({ keepAlive: true });
    const timeout = AbortSignal.timeout(this.timeoutMs);
    return new Promise((resolve, reject) => {
      const away = (error: Error): void => {
        const cause = timeout.aborted ? `no answer within ${this.timeoutMs / 1000} s` : error.message;
        reject(new ServiceAwayError(`${this.url} can't be reached: ${cause}`));
      };
      const request = (https?.request ?? httpRequest)(
        `${this.url}${path}`,
        {
          method,
          agent: this.secureAgent ?? this.agent,
          signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
          headers: {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(text),
            ...(this.key && { authorization: `Bearer ${this.key}` }),
            ...(idempotencyKey && { 'idempotency-key': idempotencyKey }),
            ...(strict && { prefer: 'handling=strict' }),
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', away);
          response.on('end', () => {
            resolve({ status: response.statusCode ?? 0, body: jsonOf(Buffer.concat(chunks).toString()) });
          });
        },
      );
      request.on('error', away);
      request.end(text);
    });
  }
}

interface Sending {
  readonly idempotencyKey?: string;
  /** Unknown fields are refused. */
  readonly strict?: boolean;
  /** Ends the request early. */
  readonly signal?: AbortSignal;
}

/** What a refusal says. */
export function detailOf({ status, body: { detail } }: Reply): string {
  return typeof detail === 'string' ? detail : `status ${status}`;
}

/** The object that the text is in JSON; an empty one for anything else, such as a proxy's page. */
function jsonOf(text: string): Json {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Json) : {};
  } catch {
    return {};
  }
}
