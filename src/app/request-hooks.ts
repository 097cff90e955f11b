import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { registerAccess } from '../platform/auth/access.hooks.js';
import type { AccessService } from '../platform/auth/access.service.js';
import { registerOverload } from '../platform/auth/overload.hooks.js';
import { registerAnswerRoom } from '../platform/http/answer-room.js';
import { registerCompression } from '../platform/http/compressed-answers.js';
import { registerKnownFields } from '../platform/http/known-fields.js';
import { registerBodies } from '../platform/http/request-body.js';
import { registerResponseHooks } from '../platform/http/response-hooks.js';
import { registerSecurityHeaders } from '../platform/http/security-headers.js';
import { registerStartPage } from '../platform/http/start-page.js';
import type { Config } from '../platform/config/config.js';
import { registerIdempotency } from '../platform/idempotency/idempotency.hooks.js';
import type { MetricsService } from '../platform/observability/metrics.service.js';
import { registerRequestContext } from '../platform/observability/request-context.js';
import { observeRequests, sendClientsAway } from '../platform/observability/request-log.js';
import type { ServiceState } from '../platform/observability/service-state.js';
import { traceRequests } from '../platform/observability/tracing/http-spans.js';
import { subjectsOf } from './log-subjects.js';

export interface HookParts {
  readonly config: Config;
  readonly logger: Logger;
  readonly metrics: MetricsService;
  readonly state: ServiceState;
  readonly access: AccessService;
}

interface RequestHook {
  readonly name: string;
  /** The reason for its position in the list. */
  readonly why: string;
  readonly register: (fastify: FastifyInstance, parts: HookParts) => void;
}

/**
 * The hooks between the socket and the controllers. Within a phase, Fastify calls them in this order; once a hook
 * refuses a request (overload, access), later hooks of the same phase do not run. Fastify orders the phases
 * itself: onRequest, the body, preValidation, preHandler, the handler, preSerialization, onSend, onResponse.
 */
export const REQUEST_HOOKS: readonly RequestHook[] = [
  {
    name: 'request context',
    why: 'first: log lines of all later hooks carry the request id',
    register: (fastify) => registerRequestContext(fastify),
  },
  {
    name: 'trace',
    why: 'before the hooks that refuse: a refused request has a span too, which includes the time in those hooks',
    register: (fastify, { config }) => {
      if (config.otlpEndpoint !== undefined) traceRequests(fastify);
    },
  },
  {
    name: 'request id and answers',
    why: 'before the hooks that refuse: a refusal carries the request id',
    register: (fastify) => registerResponseHooks(fastify),
  },
  {
    name: 'security headers',
    why: 'before the hooks that refuse: a refusal carries the headers',
    register: (fastify) => registerSecurityHeaders(fastify, pageOf),
  },
  {
    name: 'request log',
    why: 'runs after the response is sent, also after a refusal; any position works',
    register: (fastify, { logger, metrics }) => observeRequests(fastify, logger, metrics, subjectsOf),
  },
  {
    name: 'connection close',
    why: 'runs when a response is sent, also for a refusal; any position works',
    register: (fastify, { state }) => sendClientsAway(fastify, state),
  },
  {
    name: 'overload and body',
    why:
      'before access: under overload, no key is looked up. Together: the overload limits also cover reading the body, ' +
      'and a body is refused only after the request has been admitted',
    register: (fastify, { config }) => registerBodies(fastify, registerOverload(fastify, config)),
  },
  {
    name: 'start page',
    why: 'before access: a browser that asks for a page has no key; after the headers, which its redirects have',
    register: (fastify) => registerStartPage(fastify),
  },
  {
    name: 'access',
    why: 'last before the body: the body of a caller without a key is never read',
    register: (fastify, { access, config }) => registerAccess(fastify, access, config),
  },
  {
    name: 'known fields',
    why: 'after the body, which has the fields; before idempotency: a refused request stores no idempotency key',
    register: (fastify) => registerKnownFields(fastify),
  },
  {
    name: 'compression',
    why: 'before the room for large answers: an answer keeps the room of the bytes that are sent, not of its text',
    register: (fastify) => registerCompression(fastify),
  },
  {
    name: 'room for large answers',
    why: 'after the hooks that refuse: only requests that are served reserve room',
    register: (fastify) => registerAnswerRoom(fastify),
  },
  {
    name: 'idempotency',
    why: 'after the body and access: an idempotency key is bound to a caller and to the bytes of one body',
    register: (fastify) => registerIdempotency(fastify),
  },
];

/** The page that a route belongs to, for its policy. */
function pageOf({ routeOptions }: FastifyRequest): 'docs' | 'page' | undefined {
  const { access } = routeOptions.config;
  return access === 'docs' || access === 'page' ? access : undefined;
}

/** Must run before any route is added. */
export function registerRequestHooks(fastify: FastifyInstance, parts: HookParts): void {
  for (const hook of REQUEST_HOOKS) hook.register(fastify, parts);
}
