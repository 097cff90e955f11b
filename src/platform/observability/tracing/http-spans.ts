import { type Context, context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { FastifyInstance } from 'fastify';
import { TRACER } from './spans.js';

/**
 * A span for each request, below that of the caller if it sent a `traceparent`. Names follow OpenTelemetry's
 * conventions.
 */
export function traceRequests(fastify: FastifyInstance): void {
  const contexts = new WeakMap<object, Context>();

  fastify.addHook('onRequest', (request, _reply, done) => {
    const route = request.routeOptions.url;
    const span = TRACER.startSpan(
      route === undefined ? request.method : `${request.method} ${route}`,
      {
        kind: SpanKind.SERVER,
        attributes: {
          'http.request.method': request.method,
          'url.path': request.url.split('?', 1)[0] ?? '/',
          'url.scheme': request.protocol,
          'watcher.request_id': request.id,
          ...(route !== undefined && { 'http.route': route }),
        },
      },
      propagation.extract(ROOT_CONTEXT, request.headers),
    );
    const own = trace.setSpan(ROOT_CONTEXT, span);
    contexts.set(request, own);
    context.with(own, done);
  });

  // The body arrives in events of the socket, which do not have the context.
  fastify.addHook('preValidation', (request, _reply, done) => {
    context.with(contexts.get(request) ?? context.active(), done);
  });

  fastify.addHook('onResponse', (request, reply, done) => {
    const span = trace.getSpan(contexts.get(request) ?? ROOT_CONTEXT);
    span?.setAttribute('http.response.status_code', reply.statusCode);
    if (reply.statusCode >= 500) span?.setStatus({ code: SpanStatusCode.ERROR });
    span?.end();
    done();
  });
}
