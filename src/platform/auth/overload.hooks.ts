import type { FastifyInstance } from 'fastify';
import type { BodyRoom } from '../http/request-body.js';
import type { Config } from '../config/config.js';
import { WorkInHand } from './work-in-hand.js';

/** How many of the largest bodies may be in memory at once. */
const LARGEST_BODIES = 64;

/**
 * Bounds what is under way by number and by bytes, so that memory stays flat however many come: what goes beyond is
 * refused, before its body is read where that is known by then. A request whose body is still on its way takes no
 * place, so clients that are slow cost the others nothing. Routes that nobody needs a scope for (health) and the
 * metrics are never refused: they tell how things stand.
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
      // A body that never came to its end started nothing.
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
