import type { Problem } from '../generated/types.gen.js';
import { withDigits } from './exact.js';
import type { Settings } from './settings.js';
import { uuid } from './uuid.js';

/** How long a request or an end is tried. */
export const BUDGET_MS = 10_000;
/** Milliseconds before the second try; they double with each further one. */
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 3000;

/** The service could not be reached, refused a request, or asked to wait. */
export class WatcherError extends Error {
  override readonly name = 'WatcherError';

  constructor(
    message: string,
    /** The status of the answer; 0 if there was none. */
    readonly status: number,
    /** The service's own explanation, where the answer came from it. */
    readonly problem?: Problem,
    /** How long the service asked to wait. */
    readonly retryAfterMs?: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** Whether the same request may succeed after some time: no answer, too many requests, or a fault of the service. */
  get isTemporary(): boolean {
    const { status, problem } = this;
    const isInProgress = problem?.code === 'idempotency_key_in_use';
    return status === 0 || status === 408 || status === 429 || status >= 500 || isInProgress;
  }

  /** Whether an operator can mend it: a wrong key, or a URL behind which is something else. */
  get isMendable(): boolean {
    const { status, problem } = this;
    if (status === 401 || status === 403 || (status >= 300 && status < 400)) return true;
    return status === 404 && (problem?.code === undefined || problem.code === 'route_not_found');
  }
}

/** A request to the service. */
export interface ApiRequest {
  /** Default: POST with a body, else GET. */
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Sent as JSON. */
  body?: unknown;
  query?: Readonly<Record<string, QueryValue | readonly QueryValue[] | null | undefined>>;
  /** Makes a POST safe to repeat. Default: a random one; false: none, for what is safe by itself. */
  idempotencyKey?: string | false;
}

type QueryValue = string | number | boolean;

/** How long to go on with one request. */
export interface Patience {
  /** When to give up, as milliseconds of the epoch. */
  readonly until: number;
  /** The most tries; as many as fit by default. */
  readonly tries?: number;
}

export class Transport {
  constructor(private readonly settings: Settings) {}

  /** Sends a request until it is answered for good. Throws a {@link WatcherError}. */
  async send<T>(path: string, request: ApiRequest, { until, tries = Infinity }: Patience): Promise<T> {
    const { url, timeoutMs } = this.settings;
    const target = url + path + queryOf(request.query);
    const method = request.method ?? (request.body === undefined ? 'GET' : 'POST');
    const body = request.body === undefined ? undefined : withDigits(jsonOf(request.body));
    const key = method === 'POST' ? (request.idempotencyKey ?? uuid()) || undefined : undefined;
    for (let attempt = 1; ; attempt++) {
      try {
        const limit = Math.max(1, Math.min(timeoutMs, until - Date.now()));
        return (await this.once(target, { method, ...(body !== undefined && { body }) }, key, limit)) as T;
      } catch (error) {
        if (!(error instanceof WatcherError) || !error.isTemporary || attempt >= tries) throw error;
        const pause = Math.max(error.retryAfterMs ?? 0, backoff(attempt));
        if (Date.now() + pause >= until) throw error;
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  }

  private async once(url: string, init: RequestInit, idempotencyKey: string | undefined, ms: number): Promise<unknown> {
    const { key } = this.settings;
    const headers = {
      accept: 'application/json',
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(init.body !== undefined && { 'content-type': 'application/json' }),
      ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
    };
    let response: Response;
    let text: string;
    try {
      // A redirected POST would arrive as a GET.
      response = await fetch(url, { ...init, headers, redirect: 'manual', signal: AbortSignal.timeout(ms) });
      text = await response.text();
    } catch (error) {
      const message = `Watcher can't be reached at ${this.settings.url}: ${reasonOf(error)}`;
      throw new WatcherError(message, 0, undefined, undefined, { cause: error });
    }
    const answer = parsed(text);
    if (response.ok && (text === '' || answer !== undefined)) return answer;
    throw refusal(this.settings.url, response, answer);
  }
}

function refusal(url: string, response: Response, answer: unknown): WatcherError {
  // A page that answers 200 isn't Watcher; a browser shows a redirect as a status of 0.
  const status = response.ok ? 404 : response.status || 302;
  const problem = isProblem(answer) ? answer : undefined;
  const what = problem?.detail ?? (response.ok ? 'the answer is not JSON' : response.statusText);
  return new WatcherError(`Watcher at ${url}: ${status} ${what}`.trim(), status, problem, retryAfter(response));
}

function isProblem(answer: unknown): answer is Problem {
  return typeof answer === 'object' && answer !== null && 'code' in answer && 'detail' in answer;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Seconds or a date (RFC 9110), as milliseconds from now. */
function retryAfter({ headers }: Response): number | undefined {
  const value = headers.get('retry-after')?.trim();
  if (!value) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

/** Randomly shorter, so that clients which failed together don't return together. */
function backoff(attempt: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2);
}

function queryOf(query: ApiRequest['query'] = {}): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    [value ?? []].flat().map((one) => [name, String(one)]),
  );
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`;
}

/** JSON in which a `bigint` is a number where a number can hold it, else its digits as text. */
export function jsonOf(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part !== 'bigint') return part;
    return Number.isSafeInteger(Number(part)) ? Number(part) : String(part);
  });
}

/** The reason that lies deepest: `fetch failed` says nothing. */
function reasonOf(error: unknown): string {
  if (!isError(error)) return String(error);
  if (error.name === 'TimeoutError') return 'no answer in time';
  if (isError(error.cause)) return reasonOf(error.cause);
  // A refused connection to several addresses has a code and no message.
  const { code } = error as { code?: string };
  return error.message || (code ?? error.name);
}

/** Also for an error of another realm, such as those of Node itself in the tests of Jest. */
export function isError(value: unknown): value is Error {
  return typeof value === 'object' && value !== null && 'name' in value && 'message' in value;
}

/** What the service says of the request that it refused. */
export function problemOf(error: unknown): Problem | undefined {
  return error instanceof WatcherError ? error.problem : undefined;
}

export function messageOf(error: unknown): string {
  return isError(error) ? error.message : String(error);
}
