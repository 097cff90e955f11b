import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { allows, type Caller, type Scope } from './caller.js';
import { type RouteAccess } from './requires.js';
import type { Config } from '../config/config.js';
import { ForeignSiteError, ScopeTooSmallError, TooManyRequestsError, UnauthenticatedError } from './access.errors.js';
import { type AccessService, ANYBODY } from './access.service.js';
import { isOwnHost, isOwnOrigin, type OwnNames } from './own-name.js';
import { RateLimit } from './rate-limit.js';

/** Routes that the Swagger module adds by itself. */
const DOCS = /^\/docs(?:$|[-/])/;

type AccessConfig = Pick<Config, 'publicDocs' | 'publicMetrics' | 'rateLimit'> & OwnNames;

/**
 * Admits or refuses a request before its body is read; to be called before any route is added. A hook, since a guard of
 * Nest's runs after the body was read and parsed.
 */
export function registerAccess(fastify: FastifyInstance, access: AccessService, config: AccessConfig): void {
  const limit = config.rateLimit === undefined ? undefined : new RateLimit(config.rateLimit);
  fastify.decorateRequest('caller', null);
  fastify.addHook('onRoute', (route) => declareAccess(route));

  fastify.addHook('onRequest', (request, reply, done) => {
    const asked = scopeAsked(request.routeOptions.config.access, config);
    if (asked === undefined) return done();
    // To look up a key costs the database something, whosever it is: its address pays, until it is known.
    let hasPaid = false;
    const mayLook = (): void => {
      if (limit?.admit(request.ip, performance.now()) === false) throw new TooManyRequestsError(limit.perSecond);
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
      } catch (tooMany) {
        done(tooMany as Error);
      }
    };
    let caller: Caller | Promise<Caller>;
    try {
      caller = access.identify(tokenOf(request), mayLook);
    } catch (error) {
      return refuse(error);
    }
    return caller instanceof Promise ? void caller.then(admit, refuse) : admit(caller);
  });

  fastify.addHook('onSend', (_request, reply, _payload, done) => {
    // Refused for what is in its body: that takes the largest scope there is.
    if (reply.statusCode === 403 && !reply.hasHeader('www-authenticate')) demandScope(reply, 'admin');
    done();
  });
}

/** What a scope is missing for (RFC 6750). */
function demandScope(reply: FastifyReply, scope: Scope): void {
  reply.header('www-authenticate', `Bearer realm="watcher", error="insufficient_scope", scope="${scope}"`);
}

/** Every route says what it takes; one that doesn't stops the start. */
function declareAccess(route: RouteOptions): void {
  if (DOCS.test(route.url)) route.config = { ...route.config, access: 'docs' };
  if (route.config?.access === undefined && route.method !== 'OPTIONS') {
    throw new Error(`${String(route.method)} ${route.url} does not say what it takes: decorate it with @Requires(...)`);
  }
}

/** The scope that a route takes; undefined where it is open, or is no route at all. */
function scopeAsked(access: RouteAccess | undefined, config: AccessConfig): Scope | undefined {
  switch (access) {
    case undefined:
    case 'open':
      return undefined;
    case 'docs':
      return config.publicDocs ? undefined : 'read';
    case 'metrics':
      return config.publicMetrics ? undefined : 'read';
    default:
      return access;
  }
}

function refusalOf(
  caller: Caller,
  asked: Scope,
  request: FastifyRequest,
  limit: RateLimit | undefined,
): ScopeTooSmallError | TooManyRequestsError | undefined {
  const account = caller === ANYBODY ? request.ip : caller.id;
  if (limit?.admit(account, performance.now()) === false) return new TooManyRequestsError(limit.perSecond);
  return allows(caller.scope, asked) ? undefined : new ScopeTooSmallError(asked, caller.scope);
}

/**
 * A page in a browser can lead a name of its own to this machine and then ask as if it were the service's own page. A
 * key keeps it out, and while there is none, the name that the browser asked for does.
 */
function foreigner(caller: Caller, { headers }: FastifyRequest, names: OwnNames): ForeignSiteError | undefined {
  if (caller !== ANYBODY) return undefined;
  const { host, origin } = headers;
  if (host !== undefined && !isOwnHost(host, names)) return new ForeignSiteError('Host', host);
  return origin !== undefined && !isOwnOrigin(origin, names) ? new ForeignSiteError('Origin', origin) : undefined;
}

/** The key of a request: `Authorization: Bearer KEY`; where a browser asks for a page, also as a Basic password. */
function tokenOf(request: FastifyRequest): string | undefined {
  const [, scheme, credentials] = /^(bearer|basic) +(\S+) *$/i.exec(request.headers.authorization ?? '') ?? [];
  if (!scheme || !credentials) return undefined;
  if (scheme.toLowerCase() === 'bearer') return credentials;
  if (request.routeOptions.config.access !== 'docs') return undefined;
  const [, password] = /^[^:]*:(.+)$/s.exec(Buffer.from(credentials, 'base64').toString('utf8')) ?? [];
  return password;
}

/** A browser asks its user for a password when it is offered Basic; a program is offered what RFC 6750 says. */
function challenge(request: FastifyRequest, reply: FastifyReply): void {
  const wasWrong = request.headers.authorization !== undefined ? ', error="invalid_token"' : '';
  const bearer = `Bearer realm="watcher"${wasWrong}`;
  const isPage = request.routeOptions.config.access === 'docs';
  reply.header(
    'www-authenticate',
    isPage ? [bearer, 'Basic realm="watcher, a key as password", charset="UTF-8"'] : bearer,
  );
}
