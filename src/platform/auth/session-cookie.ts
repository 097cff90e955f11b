import type { FastifyRequest } from 'fastify';
import { publicUrl } from '../http/public-url.js';
import { isLoopback } from './own-name.js';

/** A cookie by the scheme and the host under which a browser reaches the service. */
interface CookieKind {
  readonly name: string;
  readonly attributes: string;
}

/** `__Host-` makes browsers refuse the cookie from any other host, without TLS, or for a part of the paths. */
const BY_TLS: CookieKind = {
  name: '__Host-watcher_session',
  attributes: 'Path=/; HttpOnly; Secure; SameSite=Strict',
};
/** Safari keeps no `Secure` cookie of http://localhost. */
const BY_LOOPBACK: CookieKind = { name: 'watcher_session', attributes: 'Path=/; HttpOnly; SameSite=Strict' };

/** Where a request comes from, as far as its browser says so; programs say nothing. */
export type Sender = 'own page' | 'foreign page' | 'unknown';

/** The cookie of a session for this request; undefined without TLS, but for loopback. */
function cookieKindOf(request: FastifyRequest): CookieKind | undefined {
  const { origin } = publicUrl(request);
  if (origin === undefined) return undefined;
  const { protocol, hostname } = new URL(origin);
  if (protocol === 'https:') return BY_TLS;
  return isLoopback(hostname.replaceAll(/[[\]]/g, '')) ? BY_LOOPBACK : undefined;
}

/** Whether a browser would keep and send the cookie of a session. */
export function mayHaveSession(request: FastifyRequest): boolean {
  return cookieKindOf(request) !== undefined;
}

/** The `Set-Cookie` that begins a session, or with an empty token ends it; undefined where there is no cookie. */
export function sessionCookie(request: FastifyRequest, token: string, lastsSeconds: number): string | undefined {
  const kind = cookieKindOf(request);
  return kind && `${kind.name}=${token}; Max-Age=${lastsSeconds}; ${kind.attributes}`;
}

/** The token of the session in the cookie of a request that a page of the service sent. */
export function sessionTokenOf(request: FastifyRequest): string | undefined {
  const { cookie } = request.headers;
  const kind = cookie === undefined ? undefined : cookieKindOf(request);
  if (cookie === undefined || !kind || senderOf(request) !== 'own page') return undefined;
  const pair = cookie.split(';').find((one) => one.trimStart().startsWith(`${kind.name}=`));
  return pair?.slice(pair.indexOf('=') + 1).trim();
}

/** Where a request comes from: by Sec-Fetch-Site, which no page can write; older browsers send Origin alone. */
export function senderOf(request: FastifyRequest): Sender {
  const { origin, 'sec-fetch-site': site } = request.headers;
  if (site !== undefined) return site === 'same-origin' ? 'own page' : 'foreign page';
  if (origin === undefined) return 'unknown';
  const own = publicUrl(request).origin;
  return own !== undefined && new URL(own).origin === origin ? 'own page' : 'foreign page';
}
