/** The API is beside the console: one level above the address that `<base>` gives. */
const API = new URL('../', document.baseURI);

/** Values of a query; undefined and empty ones are left out. */
export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** A refusal of the service, or a service that can't be reached (`status` 0). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly requestId: string | undefined,
  ) {
    super(detail);
    this.name = 'ApiError';
  }
}

/** The address of an API path, as a person could open or copy it. */
export function apiUrl(path: string, query: Query = {}): string {
  const url = new URL(path.replace(/^\//, ''), API);
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== '') url.searchParams.append(name, String(one));
    }
  }
  return url.href;
}

interface Answer<T> {
  readonly body: T;
  readonly next: string | undefined;
}

/** Reads `path`. Throws an {@link ApiError}. */
export async function get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
  return (await ask<T>(apiUrl(path, query), signal)).body;
}

/** One page of a list, and the address of the next one. */
export function getPage<T>(url: string, signal?: AbortSignal): Promise<Answer<T[]>> {
  return ask<T[]>(url, signal);
}

async function ask<T>(url: string, signal?: AbortSignal): Promise<Answer<T>> {
  const response = await fetchOr(url, { headers: { accept: 'application/json' }, ...(signal && { signal }) });
  const next = /<([^>]+)>;\s*rel="next"/.exec(response.headers.get('link') ?? '')?.[1];
  return { body: (await response.json()) as T, next: next === undefined ? undefined : sameOrigin(next) };
}

/** Sends JSON. Throws an {@link ApiError}. */
export async function send<T>(method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T | null> {
  const response = await fetchOr(apiUrl(path), {
    method,
    headers: { accept: 'application/json', ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return response.status === 204 ? null : ((await response.json()) as T);
}

/** Reads `path` if it has changed since the answer with this tag; null if it has not. */
export async function getIfChanged<T>(
  path: string,
  query: Query,
  tag: string | undefined,
): Promise<{ readonly body: T; readonly tag: string | undefined } | null> {
  const headers = { accept: 'application/json', ...(tag !== undefined && { 'if-none-match': tag }) };
  const response = await fetchOr(apiUrl(path, query), { headers });
  if (response.status === 304) return null;
  return { body: (await response.json()) as T, tag: response.headers.get('etag') ?? undefined };
}

async function fetchOr(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init).catch((error: unknown) => {
    if (init.signal?.aborted) throw error;
    throw new ApiError(
      0,
      'The service can’t be reached',
      'No answer came. Is it running, and is the network up?',
      undefined,
    );
  });
  if (response.ok || response.status === 304) return response;
  const problem = (await response.json().catch(() => ({}))) as { title?: string; detail?: string; request_id?: string };
  const title = problem.title ?? `The service answered ${response.status}`;
  throw new ApiError(response.status, title, problem.detail ?? response.statusText, problem.request_id);
}

/** A link as a proxy wrote it may have another host; the page may only ask its own. */
function sameOrigin(link: string): string {
  const { search } = new URL(link, API);
  const path = new URL(link, API).pathname;
  const own = path.startsWith(API.pathname) ? path : `${API.pathname}${path.replace(/^\//, '')}`;
  return new URL(`${own}${search}`, API).href;
}
