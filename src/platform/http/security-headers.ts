import type { FastifyInstance, FastifyRequest } from 'fastify';

/** The headers of every response, which restrict the use of answers by browsers. */
export const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-dns-prefetch-control': 'off',
  'x-frame-options': 'DENY',
  'x-permitted-cross-domain-policies': 'none',
} as const;

/** What pages may do, beyond other answers. */
const POLICIES = {
  /** Swagger UI loads its own files, uses inline styles and data: images, and calls the API. */
  docs: [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  /** The console loads its own files and workers, calls the API, and names its folder in <base>. */
  page: [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "worker-src 'self'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    // Its one policy gives the address of a worker, which is one of its own files.
    'trusted-types watcher-worker',
  ].join('; '),
} as const;

/**
 * Sets security headers on every response, refusals included. They are constants; @fastify/helmet computes them anew
 * for each request, which costs more than the framework's other hooks together. `pageOf` finds the requests for pages,
 * which have policies of their own. There is no Strict-Transport-Security: the ingress terminates TLS, and has to send
 * that header.
 */
export function registerSecurityHeaders(
  fastify: FastifyInstance,
  pageOf: (request: FastifyRequest) => keyof typeof POLICIES | undefined,
): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.headers(SECURITY_HEADERS);
    const page = pageOf(request);
    if (page) reply.header('content-security-policy', POLICIES[page]);
    done();
  });
}
