import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { MetricsService } from './metrics.service.js';
import type { ServiceState } from './service-state.js';

/** Writes one log line and one observation for each request when its response is sent. */
export function observeRequests(fastify: FastifyInstance, logger: Logger, metrics: MetricsService): void {
  fastify.addHook('onResponse', (request, reply, done) => {
    const { method } = request;
    const route = request.routeOptions.url ?? 'unmatched';
    const ms = reply.elapsedTime;
    metrics.requestDuration.observe({ method, route, status: reply.statusCode }, ms / 1000);
    logger.info({
      request_id: request.id,
      method,
      route,
      status: reply.statusCode,
      ms: Math.round(ms * 10) / 10,
      ...(request.caller && { caller: request.caller.name }),
    });
    done();
  });
}

/** While stopping, the service makes clients open a new connection, which leads to another replica. */
export function sendClientsAway(fastify: FastifyInstance, state: ServiceState): void {
  fastify.addHook('onSend', (_request, reply, payload, done) => {
    if (state.stopping) reply.header('connection', 'close');
    done(null, payload);
  });
}
