import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Answer } from './answer.js';
import { Columns } from './columns.js';
import { fittingArray, JsonText } from './json-text.js';
import { Page } from './page.js';
import { prefers } from './prefer.js';
import type { ProblemDto } from './problem.dto.js';
import { PROBLEM_JSON } from './problem.filter.js';
import { publicUrl } from './public-url.js';
import { isNotModified, Tagged } from './tagged.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** For clients that fail without a body, and do not repeat a request after a 429: it has neither 204 nor 429. */
    simpleAnswers?: boolean;
  }
}

const SANE_REQUEST_ID = /^[\w.:/+=@-]{1,128}$/;
const WRITES = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/** The id of a request: the value that the caller sent, if it is valid, else a new id. */
export function requestId(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && SANE_REQUEST_ID.test(given) ? given : randomUUID();
}

/** Sets the status and the headers that all responses have in common. */
export function registerResponseHooks(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    done();
  });

  fastify.addHook('preSerialization', (request, reply, payload: unknown, done) => {
    if (payload instanceof Page) {
      const { text, count } = fittingArray(payload.items);
      const { nextCursor } = payload.first(count);
      if (nextCursor) reply.header('link', `<${nextUrl(request, nextCursor)}>; rel="next"`);
      return done(null, asText(reply, text));
    }
    if (payload instanceof Columns) {
      if (payload.nextCursor) reply.header('link', `<${nextUrl(request, payload.nextCursor)}>; rel="next"`);
      return done(null, payload.columns);
    }
    if (payload instanceof Tagged) {
      reply.header('etag', `"${payload.tag}"`);
      if (isNotModified(request.headers['if-none-match'], payload.tag)) reply.code(304);
      return done(null, payload.body);
    }
    if (payload instanceof JsonText) return done(null, asText(reply, payload.text));
    if (payload instanceof Answer) {
      reply.code(payload.status);
      if (payload.isReplay) reply.header('idempotency-replayed', 'true');
      if (payload.status >= 400) {
        reply.header('content-type', PROBLEM_JSON);
        const { code, errors } = payload.body as ProblemDto;
        request.refusal = { code, fields: errors ?? [] };
      }
      return done(null, payload.body);
    }
    return done(null, payload);
  });

  fastify.addHook('onSend', (request, reply, payload: unknown, done) => {
    const isMinimal = wantsMinimal(request, reply);
    if (isMinimal) reply.code(204).header('preference-applied', 'return=minimal');
    if (!isMinimal && reply.statusCode !== 304) return done(null, payload);
    reply.removeHeader('content-type');
    reply.removeHeader('content-length');
    return done(null, null);
  });
}

/** Sends JSON text without serializing it again. */
function asText(reply: FastifyReply, text: string): string {
  reply.type('application/json; charset=utf-8').serializer((payload) => String(payload));
  return text;
}

/** RFC 7240: turns the 200 of a write into a 204 without a body, if the client prefers that. */
function wantsMinimal(request: FastifyRequest, reply: FastifyReply): boolean {
  return (
    reply.statusCode === 200 &&
    WRITES.has(request.method) &&
    request.routeOptions.config.simpleAnswers !== true &&
    prefers(request.headers['prefer'], 'return', 'minimal')
  );
}

function nextUrl(request: FastifyRequest, cursor: string): string {
  const { origin, prefix } = publicUrl(request);
  const url = new URL(request.url, 'http://localhost');
  url.searchParams.set('cursor', cursor);
  return `${origin ?? ''}${prefix}${url.pathname}${url.search}`;
}
