import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { registerAccess } from './access/access.hooks.js';
import { AccessService } from './access/access.service.js';
import { registerOverload } from './access/overload.hooks.js';
import { AppModule } from './app.module.js';
import { registerAllowedMethods } from './common/allowed-methods.js';
import { registerKnownFields } from './common/known-fields.js';
import { isTrustedProxy, routedUrl } from './common/public-url.js';
import { ProblemFilter } from './common/problem.filter.js';
import { registerBodies } from './common/request-body.js';
import { registerSecurityHeaders, SECURITY_HEADERS } from './common/security-headers.js';
import { answerUnreadable } from './common/unreadable-request.js';
import { registerWireHooks, requestId } from './common/wire-hooks.js';
import { WireValidationPipe } from './common/wire-validation.pipe.js';
import type { Config } from './config/config.js';
import { serveDocs } from './docs.js';
import { registerIdempotency } from './idempotency/idempotency.hooks.js';
import { subjectsOf } from './log-subjects.js';
import { NestLogger } from './operation/logger.js';
import { MetricsService } from './operation/metrics.service.js';
import { registerRequestContext } from './operation/request-context.js';
import { observeRequests, sendClientsAway } from './operation/request-log.js';
import { ServiceState } from './operation/service-state.js';
import { traceRequests } from './operation/tracing/http-spans.js';

/** Idle connections stay open longer than the 60 s after which load balancers drop theirs. */
const KEEP_ALIVE_MS = 75_000;
/** A connection on which nothing moves for so long, neither way, has nobody at its other end. */
const SILENT_CONNECTION_MS = 120_000;
/** How often requests that take too long to arrive are looked for. */
const ARRIVALS_CHECKED_EVERY_MS = 1000;

/** The application, ready to listen or to be injected into; `main.ts` and the tests both call it. */
export async function createApp(config: Config, logger: Logger): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.register(config),
    createAdapter(config, logger),
    {
      logger: new NestLogger(logger),
      abortOnError: false,
      bodyParser: false,
    },
  );
  configureApp(app, config, logger);
  return app;
}

/** Fastify as the service needs it; the body parser is the service's own, see {@link configureApp}. */
function createAdapter(config: Config, logger: Logger): FastifyAdapter {
  const problems = new ProblemFilter();
  return new FastifyAdapter({
    bodyLimit: config.bodyLimit,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionTimeout: SILENT_CONNECTION_MS,
    requestTimeout: config.requestTimeout * 1000,
    http: { headersTimeout: config.requestTimeout * 1000, connectionsCheckingInterval: ARRIVALS_CHECKED_EVERY_MS },
    genReqId: requestId,
    requestIdHeader: false,
    // Behind an ingress, which knows the client's address.
    trustProxy: isTrustedProxy,
    rewriteUrl: ({ url = '/' }) => routedUrl(url, config.basePath ?? ''),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1000 },
    forceCloseConnections: 'idle',
    // What still comes while the service stops is served; Fastify's own 503 would be no problem document.
    return503OnClosing: false,
    logger: false,
    clientErrorHandler: (error, socket) => answerUnreadable(error, socket, (line) => logger.info(line)),
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      void reply.headers(SECURITY_HEADERS).header('x-request-id', request.id);
      problems.answer(error, request, reply);
    },
  });
}

/** Everything that stands between the socket and the controllers. */
function configureApp(app: NestFastifyApplication, config: Config, logger: Logger): void {
  const fastify = app.getHttpAdapter().getInstance();
  registerRequestContext(fastify);
  if (config.otlpEndpoint !== undefined) traceRequests(fastify);
  fastify.decorate('basePath', config.basePath ?? '');
  registerAllowedMethods(fastify);
  registerWireHooks(fastify);
  registerSecurityHeaders(fastify);
  observeRequests(fastify, logger, app.get(MetricsService, { strict: false }), subjectsOf);
  sendClientsAway(fastify, app.get(ServiceState, { strict: false }));
  registerBodies(fastify, registerOverload(fastify, config));
  registerAccess(fastify, app.get(AccessService), config);
  registerKnownFields(fastify);
  registerIdempotency(fastify);
  if (config.corsOrigins) allowOrigins(app, config.corsOrigins);
  app.useGlobalPipes(new WireValidationPipe());
  app.useGlobalFilters(new ProblemFilter());
  serveDocs(app);
}

/** Lets the pages of these origins call the service; they show their key themselves, so no cookies. */
function allowOrigins(app: NestFastifyApplication, origins: readonly string[]): void {
  app.enableCors({
    origin: origins.includes('*') ? '*' : [...origins],
    methods: ['GET', 'HEAD', 'POST', 'PATCH'],
    exposedHeaders: [
      'Allow',
      'Idempotency-Replayed',
      'Ignored-Fields',
      'Link',
      'Preference-Applied',
      'Retry-After',
      'X-Request-Id',
    ],
    maxAge: 600,
  });
}
