import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../config/config.js';
import { OverloadedError } from './access.errors.js';

/** How many of the largest bodies may be in memory at once. */
const LARGEST_BODIES = 64;

declare module 'fastify' {
  interface FastifyRequest {
    /** The request's share of what the service has under way; null once it is given back, or where none was taken. */
    load: Load | null;
  }
}

interface Load {
  readonly bytes: number;
  /** The answer is out, or nobody is there to take it. */
  isGone: boolean;
  /** What the request started has come to its end. */
  isDone: boolean;
}

/**
 * Bounds what is under way by number and by bytes: what goes beyond is refused before its body is read, so that memory
 * stays flat however many come. Routes that nobody needs a scope for (health) and the metrics are never refused: they
 * tell how things stand.
 */
export function registerOverload(fastify: FastifyInstance, config: Pick<Config, 'maxPending' | 'bodyLimit'>): void {
  const maxBytes = config.bodyLimit * LARGEST_BODIES;
  let requests = 0;
  let bytes = 0;
  /** Gives a request's share back when it is both answered and done: a client that hangs up ends no work. */
  const release = (request: FastifyRequest): void => {
    const { load } = request;
    if (!load?.isGone || !load.isDone) return;
    request.load = null;
    requests -= 1;
    bytes -= load.bytes;
  };

  fastify.decorateRequest('load', null);
  fastify.addHook('onRequest', (request, reply, done) => {
    const { access } = request.routeOptions.config;
    if (access === 'open' || access === 'metrics') return done();
    const size = bodySize(request, config.bodyLimit);
    if (requests >= config.maxPending || (requests > 0 && bytes + size > maxBytes)) return done(new OverloadedError());
    requests += 1;
    bytes += size;
    request.load = { bytes: size, isGone: false, isDone: false };
    reply.raw.once('close', () => leave(request, reply));
    return done();
  });
  fastify.addHook('onSend', (request, _reply, payload, done) => {
    if (request.load) request.load.isDone = true;
    release(request);
    done(null, payload);
  });

  function leave(request: FastifyRequest, reply: FastifyReply): void {
    if (!request.load) return;
    request.load.isGone = true;
    // A body that never came to its end started nothing.
    if (!request.raw.complete || reply.raw.writableEnded) request.load.isDone = true;
    release(request);
  }
}

/** What the body may take, as far as its length is known before it is read. */
function bodySize({ headers }: FastifyRequest, bodyLimit: number): number {
  if (headers['transfer-encoding'] !== undefined) return bodyLimit;
  const length = Number(headers['content-length'] ?? 0);
  // A longer one is refused by its length.
  return length <= bodyLimit ? length : 0;
}
