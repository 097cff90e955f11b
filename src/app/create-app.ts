import type { Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { AccessService } from '../platform/auth/access.service.js';
import { AppModule, OPTIONAL_MODULES } from './app.module.js';
import { registerAllowedMethods } from '../platform/http/allowed-methods.js';
import { isTrustedProxy, routedUrl } from '../platform/http/public-url.js';
import { ProblemFilter } from '../platform/http/problem.filter.js';
import { SECURITY_HEADERS } from '../platform/http/security-headers.js';
import { answerUnreadable } from '../platform/http/unreadable-request.js';
import { requestId } from '../platform/http/response-hooks.js';
import { RequestValidationPipe } from '../platform/http/request-validation.pipe.js';
import type { Config } from '../platform/config/config.js';
import { serveDocs } from './openapi.js';
import { NestLogger } from '../platform/observability/logger.js';
import { MetricsService } from '../platform/observability/metrics.service.js';
import { ServiceState } from '../platform/observability/service-state.js';
import { registerRequestHooks } from './request-hooks.js';

/** Longer than the 60 s after which load balancers usually drop idle connections. */
const KEEP_ALIVE_MS = 75_000;
/** A connection without traffic in either direction for this long is considered dead. */
const SILENT_CONNECTION_MS = 120_000;
/** Interval of the check for requests that take too long to arrive. */
const ARRIVALS_CHECKED_EVERY_MS = 1000;

/** Creates the application, ready to listen or to take injected requests. */
export async function createApp(
  config: Config,
  logger: Logger,
  optional: readonly Type[] = OPTIONAL_MODULES,
): Promise<NestFastifyApplication> {
  const modules = AppModule.register(config, optional);
  const app = await NestFactory.create<NestFastifyApplication>(modules, createAdapter(config, logger), {
    logger: new NestLogger(logger),
    abortOnError: false,
    bodyParser: false,
  });
  configureApp(app, config, logger);
  return app;
}

/** Nest's body parser is off; {@link configureApp} registers the service's own. */
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
    // Behind an ingress, the client's address is in the forwarding headers.
    trustProxy: isTrustedProxy,
    rewriteUrl: ({ url = '/' }) => routedUrl(url, config.basePath ?? ''),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1000 },
    forceCloseConnections: 'idle',
    // Requests that arrive during the stop are served: Fastify's own 503 is not a problem document.
    return503OnClosing: false,
    logger: false,
    clientErrorHandler: (error, socket) => answerUnreadable(error, socket, (line) => logger.info(line)),
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      void reply.headers(SECURITY_HEADERS).header('x-request-id', request.id);
      problems.answer(error, request, reply);
    },
  });
}

/** Sets up everything between the socket and the controllers. */
function configureApp(app: NestFastifyApplication, config: Config, logger: Logger): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.decorate('basePath', config.basePath ?? '');
  registerAllowedMethods(fastify);
  registerRequestHooks(fastify, {
    config,
    logger,
    metrics: app.get(MetricsService, { strict: false }),
    state: app.get(ServiceState, { strict: false }),
    access: app.get(AccessService),
  });
  if (config.corsOrigins) allowOrigins(app, config.corsOrigins);
  app.useGlobalPipes(new RequestValidationPipe());
  app.useGlobalFilters(new ProblemFilter());
  serveDocs(app);
}

/** Allows cross-origin requests from these origins. They send their key in a header, so cookies are not allowed. */
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
