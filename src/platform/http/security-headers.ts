import type { FastifyInstance, FastifyRequest } from 'fastify';

/** The same for every response: what no browser shall do with an answer of this service. */
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

/** Swagger UI loads its own files, paints with inline styles and data: images, and calls the API. */
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
 * Security headers on every response, refusals included. They are constants, so a hook sets them: @fastify/helmet
 * computes the same ones anew for each request, which costs more than the rest of the framework's hooks together. `isPage`
 * finds the requests for Swagger UI, which has a policy of its own. No Strict-Transport-Security: TLS ends at the
 * ingress, and so does the promise to keep using it.
 */
export function registerSecurityHeaders(fastify: FastifyInstance, isPage: (request: FastifyRequest) => boolean): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.headers(SECURITY_HEADERS);
    if (isPage(request)) reply.header('content-security-policy', DOCS_POLICY);
    done();
  });
}
