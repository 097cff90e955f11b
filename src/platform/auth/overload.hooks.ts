import type { FastifyInstance } from 'fastify';
import type { BodyRoom } from '../http/request-body.js';
import type { Config } from '../config/config.js';
import { WorkInHand } from './work-in-hand.js';

/** How many bodies of the largest size may be in memory at once. */
const LARGEST_BODIES = 64;

/**
 * Limits the number of requests under way and the bytes of their bodies, so that memory is bounded under any load. A
 * request beyond the limits is refused, before its body is read where possible. A request does not count while its body
 * arrives, so slow clients do not take the places of others. Open routes (health) and the metrics are never refused,
 * because operators need them most under load.
 */
export function registerOverload(fastify: FastifyInstance, config: Pick<Config, 'maxPending' | 'bodyLimit'>): BodyRoom {
  const inHand = new WorkInHand(config.maxPending, config.bodyLimit * LARGEST_BODIES);
  fastify.decorateRequest('load', null);
  fastify.addHook('onRequest', (request, reply, done) => {
    const { access } = request.routeOptions.config;
    if (access === 'open' || access === 'metrics') return done();
    request.load = { bytes: 0, counts: false, isGone: false, isDone: false };
    reply.raw.once('close', () => {
      if (!request.load) return;
      request.load.isGone = true;
      // A request with an incomplete body has started no work.
      if (!request.raw.complete || reply.raw.writableEnded) request.load.isDone = true;
      inHand.release(request);
    });
    return done(inHand.enter(request));
  });
  fastify.addHook('preParsing', (request, _reply, _payload, done) => {
    if (!request.raw.complete) inHand.leave(request);
    done();
  });
  fastify.addHook('preValidation', (request, _reply, done) => done(inHand.enter(request)));
  fastify.addHook('onSend', (request, _reply, payload, done) => {
    if (request.load) request.load.isDone = true;
    inHand.release(request);
    done(null, payload);
  });
  return inHand;
}
