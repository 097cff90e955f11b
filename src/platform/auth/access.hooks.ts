import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { allows, type Caller, type Scope } from './caller.js';
import { type RouteAccess } from './requires.js';
import type { Config } from '../config/config.js';
import {
  ForeignOriginError,
  ForeignSiteError,
  ScopeTooSmallError,
  TooManyRequestsError,
  UnauthenticatedError,
} from './access.errors.js';
import { type AccessService, ANYBODY, type Credentials } from './access.service.js';
import { isOwnHost, isOwnOrigin, type OwnNames } from './own-name.js';
import { RateLimit } from './rate-limit.js';
import { senderOf, sessionTokenOf } from './session-cookie.js';

const BEARER = 'Bearer realm="watcher"';

/** Routes that the Swagger module adds by itself. */
const DOCS = /^\/docs(?:$|[-/])/;

/** The most bytes of the body of a login, which is read without a key. */
const LOGIN_BYTES = 16 * 1024;

type AccessConfig = Pick<Config, 'publicDocs' | 'publicMetrics' | 'rateLimit' | 'console'> & OwnNames;

/**
 * Admits or refuses a request before its body is read. Call it before any route is added. It is a hook because a guard
 * of Nest runs after the body has been read and parsed.
 */
export function registerAccess(fastify: FastifyInstance, access: AccessService, config: AccessConfig): void {
  const limit = config.rateLimit === undefined ? undefined : new RateLimit(config.rateLimit);
  fastify.decorateRequest('caller', null);
  fastify.addHook('onRoute', (route) => declareAccess(route));

  fastify.addHook('onRequest', (request, reply, done) => {
    const { access: needed } = request.routeOptions.config;
    if (needed === 'login') return done(loginRefusal(request, limit));
    const asked = scopeAsked(needed, config);
    if (asked === undefined) return done();
    // The lookup of a key costs a query: it counts for the address until the key is known.
    let hasPaid = false;
    const mayLook = (): void => {
      if (limit?.admit(request.ip, performance.now()) === false) throw tooMany(request, limit);
      hasPaid = true;
    };
    const admit = (caller: Caller): void => {
      if (hasPaid) limit?.refund(request.ip);
      request.caller = caller;
      const refusal = refusalOf(caller, asked, request, limit) ?? foreigner(caller, request, config);
      if (refusal instanceof ScopeTooSmallError) demandScope(reply, asked);
      done(refusal);
    };
    const refuse = (error: unknown): void => {
      if (error instanceof UnauthenticatedError) challenge(request, reply);
      try {
        if (!hasPaid && !(error instanceof TooManyRequestsError)) mayLook();
        done(error as Error);
      } catch (refusal) {
        done(refusal as Error);
      }
    };
    let caller: Caller | Promise<Caller>;
    try {
      caller = access.identify(credentialsOf(request, config), mayLook);
    } catch (error) {
      return refuse(error);
    }
    return caller instanceof Promise ? void caller.then(admit, refuse) : admit(caller);
  });

  fastify.addHook('onSend', (_request, reply, payload, done) => {
    if (reply.hasHeader('www-authenticate')) return done();
    // A refusal that depends on the body: the missing scope is always the largest one. No scope helps against others.
    const isScopeMissing = typeof payload === 'string' && payload.includes('"code":"insufficient_scope"');
    if (reply.statusCode === 403 && isScopeMissing) demandScope(reply, 'admin');
    if (reply.statusCode === 401) reply.header('www-authenticate', BEARER);
    return done();
  });
}

/** A login has no caller yet: it counts for its address, and comes from a page of the service or from no page. */
function loginRefusal(request: FastifyRequest, limit: RateLimit | undefined): Error | undefined {
  if (limit?.admit(request.ip, performance.now()) === false) return new TooManyRequestsError(limit.perSecond);
  return senderOf(request) === 'foreign page' ? new ForeignOriginError() : undefined;
}

/** Names the missing scope in `WWW-Authenticate` (RFC 6750). */
function demandScope(reply: FastifyReply, scope: Scope): void {
  reply.header('www-authenticate', `Bearer realm="watcher", error="insufficient_scope", scope="${scope}"`);
}

/** Stops the start at a route that does not declare its scope. */
function declareAccess(route: RouteOptions): void {
  if (DOCS.test(route.url)) route.config = { ...route.config, access: 'docs' };
  if (route.config?.access === 'login') route.bodyLimit = LOGIN_BYTES;
  if (route.config?.access === undefined && route.method !== 'OPTIONS') {
    throw new Error(`${String(route.method)} ${route.url} does not declare its scope: decorate it with @Requires(...)`);
  }
}

/** The scope that a route requires; undefined for an open route, or where no route matches. */
function scopeAsked(access: RouteAccess | undefined, config: AccessConfig): Scope | undefined {
  switch (access) {
    case undefined:
    case 'open':
    case 'page':
    case 'login':
      return undefined;
    case 'docs':
      return config.publicDocs ? undefined : 'read';
    case 'metrics':
      return config.publicMetrics ? undefined : 'read';
    default:
      return access;
  }
}

function tooMany(request: FastifyRequest, { perSecond }: RateLimit): TooManyRequestsError {
  return new TooManyRequestsError(perSecond, request.routeOptions.config.simpleAnswers);
}

function refusalOf(
  caller: Caller,
  asked: Scope,
  request: FastifyRequest,
  limit: RateLimit | undefined,
): ScopeTooSmallError | TooManyRequestsError | undefined {
  const account = caller === ANYBODY ? request.ip : caller.id;
  if (limit?.admit(account, performance.now()) === false) return tooMany(request, limit);
  return allows(caller.scope, asked) ? undefined : new ScopeTooSmallError(asked, caller.scope);
}

/**
 * A page in a browser can resolve a name of its own to this machine and then send requests as if it were a page of the
 * service (DNS rebinding). A key prevents that. Without keys, the check of the requested name does.
 */
function foreigner(caller: Caller, { headers }: FastifyRequest, names: OwnNames): ForeignSiteError | undefined {
  if (caller !== ANYBODY) return undefined;
  const { host, origin } = headers;
  if (host !== undefined && !isOwnHost(host, names)) return new ForeignSiteError('Host', host);
  return origin !== undefined && !isOwnOrigin(origin, names) ? new ForeignSiteError('Origin', origin) : undefined;
}

/** `Authorization` counts alone, also where it is malformed; else the cookie of a session. */
function credentialsOf(request: FastifyRequest, config: AccessConfig): Credentials {
  if (request.headers.authorization !== undefined) return { token: tokenOf(request) };
  return config.console ? { session: sessionTokenOf(request) } : {};
}

/** The key of a request: `Authorization: Bearer KEY`; for the pages of a browser also the password of Basic. */
function tokenOf(request: FastifyRequest): string | undefined {
  const [, scheme, credentials] = /^(bearer|basic) +(\S+) *$/i.exec(request.headers.authorization ?? '') ?? [];
  if (!scheme || !credentials) return undefined;
  if (scheme.toLowerCase() === 'bearer') return credentials;
  if (request.routeOptions.config.access !== 'docs') return undefined;
  const [, password] = /^[^:]*:(.+)$/s.exec(Buffer.from(credentials, 'base64').toString('utf8')) ?? [];
  return password;
}

/** Offers Basic to a browser, which then asks its user for a password, and Bearer (RFC 6750) to all clients. */
function challenge(request: FastifyRequest, reply: FastifyReply): void {
  const wasWrong = request.headers.authorization !== undefined ? ', error="invalid_token"' : '';
  const bearer = `${BEARER}${wasWrong}`;
  const isPage = request.routeOptions.config.access === 'docs';
  reply.header(
    'www-authenticate',
    isPage ? [bearer, 'Basic realm="watcher, a key as password", charset="UTF-8"'] : bearer,
  );
}
