import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { MetricsService } from './metrics.service.js';
import type { ServiceState } from './service-state.js';

/** One line and one observation a request, when its response is out. `subjectsOf` says what the request was about. */
export function observeRequests(
  fastify: FastifyInstance,
  logger: Logger,
  metrics: MetricsService,
  subjectsOf: (request: FastifyRequest) => Record<string, unknown>,
): void {
  fastify.decorateRequest('refusal', null);
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
      ...(reply.statusCode >= 400 && failureOf(request, subjectsOf(request))),
    });
    done();
  });
}

/** What helps to find why a request was refused or failed: names of fields and ids, never what was sent. */
function failureOf(request: FastifyRequest, subjects: Record<string, unknown>): Record<string, unknown> {
  const fields = request.refusal?.fields?.map(({ field }) => field) ?? [];
  return {
    ...(request.refusal && { code: request.refusal.code }),
    ...(fields.length > 0 && { fields }),
    ...subjects,
    address: request.ip,
  };
}

/** A stopping service asks its clients to come back on another connection, which leads to another replica. */
export function sendClientsAway(fastify: FastifyInstance, state: ServiceState): void {
  fastify.addHook('onSend', (_request, reply, payload, done) => {
    if (state.stopping) reply.header('connection', 'close');
    done(null, payload);
  });
}
