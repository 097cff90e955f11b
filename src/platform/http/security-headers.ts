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

/** Swagger UI loads its own files, uses inline styles and data: images, and calls the API. */
const DOCS_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * Sets security headers on every response, refusals included. They are constants; @fastify/helmet computes them anew
 * for each request, which costs more than the framework's other hooks together. `isPage` finds the requests for Swagger
 * UI, which has a policy of its own. There is no Strict-Transport-Security: the ingress terminates TLS, and has to send
 * that header.
 */
export function registerSecurityHeaders(fastify: FastifyInstance, isPage: (request: FastifyRequest) => boolean): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.headers(SECURITY_HEADERS);
    if (isPage(request)) reply.header('content-security-policy', DOCS_POLICY);
    done();
  });
}
