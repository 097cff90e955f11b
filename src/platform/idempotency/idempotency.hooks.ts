import { hash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { InvalidRequestError } from '../errors/domain-error.js';
import { repeatableRequest } from './repeatable-request.js';

const MAX_LENGTH = 255;

declare module 'fastify' {
  interface FastifyRequest {
    /** SHA-256, in hex, of the body's bytes; only set for a request with an Idempotency-Key. */
    bodyHash: string;
  }
}

/** Reads the Idempotency-Key of POST requests and makes it available to the service during the request. */
export function registerIdempotency(fastify: FastifyInstance): void {
  fastify.decorateRequest('bodyHash', '');

  fastify.addHook('preHandler', (request, _reply, done) => {
    const header = request.headers['idempotency-key'];
    if (header === undefined || request.method !== 'POST') return done();
    const key = String(header).trim();
    if (key.length === 0 || key.length > MAX_LENGTH) {
      return done(
        new InvalidRequestError([
          { field: 'Idempotency-Key', message: `must be text of 1 to ${MAX_LENGTH} characters` },
        ]),
      );
    }
    const { url, id, caller } = request;
    const fingerprint = hash('sha256', `${request.method} ${url}\n${request.bodyHash}`, 'hex');
    return repeatableRequest.run({ caller: caller?.id ?? 'anybody', key, fingerprint, url, id }, done);
  });
}
