import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { BodyRoom } from '../http/request-body.js';
import type { Config } from '../config/config.js';
import { WorkInHand } from './work-in-hand.js';

/** How many bodies of the largest size may be in memory at once. */
const LARGEST_BODIES = 64;
/** How many files of pages may be sent at once. They need no key, so slow readers must not take the places of others. */
const MOST_PAGES = 200;

/**
 * Limits the number of requests under way and the bytes of their bodies, so that memory is bounded under any load. A
 * request beyond the limits is refused, before its body is read where possible. A request does not count while its body
 * arrives, so slow clients do not take the places of others. Open routes (health) and the metrics are never refused,
 * because operators need them most under load. Files of pages have a limit of their own.
 */
export function registerOverload(fastify: FastifyInstance, config: Pick<Config, 'maxPending' | 'bodyLimit'>): BodyRoom {
  const inHand = new WorkInHand(config.maxPending, config.bodyLimit * LARGEST_BODIES);
  const pages = new WorkInHand(MOST_PAGES, 0);
  const limitOf = ({ routeOptions }: FastifyRequest): WorkInHand =>
    routeOptions.config.access === 'page' ? pages : inHand;
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
      limitOf(request).release(request);
    });
    return done(limitOf(request).enter(request));
  });
  fastify.addHook('preParsing', (request, _reply, _payload, done) => {
    if (!request.raw.complete) limitOf(request).leave(request);
    done();
  });
  fastify.addHook('preValidation', (request, _reply, done) => done(limitOf(request).enter(request)));
  fastify.addHook('onSend', (request, _reply, payload, done) => {
    if (request.load) request.load.isDone = true;
    limitOf(request).release(request);
    done(null, payload);
  });
  return inHand;
}
