import { AsyncLocalStorage } from 'node:async_hooks';
import type { FastifyInstance } from 'fastify';

/** The request that the current code works for. */
interface RequestContext {
  readonly requestId: string;
}

const storage = new AsyncLocalStorage<RequestContext>();
const contexts = new WeakMap<object, RequestContext>();

/** The id of the request that the current code works for, if any; every log line includes it. */
export function currentRequestId(): string | undefined {
  return storage.getStore()?.requestId;
}

/** Runs code that works for several requests, and so outside the context of any. */
export function outsideRequests<T>(work: () => T): T {
  return storage.exit(work);
}

/** Sets the context of each request for all code that runs for it. */
export function registerRequestContext(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    const context = { requestId: request.id };
    contexts.set(request, context);
    storage.run(context, done);
  });
  // The body arrives in events of the socket, which do not have the context.
  fastify.addHook('preValidation', (request, _reply, done) => {
    const context = contexts.get(request);
    if (context) storage.run(context, done);
    else done();
  });
}
