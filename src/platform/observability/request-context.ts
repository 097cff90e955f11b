import { AsyncLocalStorage } from 'node:async_hooks';
import type { FastifyInstance } from 'fastify';

/** The request on whose behalf the code runs. */
interface RequestContext {
  readonly requestId: string;
}

const storage = new AsyncLocalStorage<RequestContext>();
const contexts = new WeakMap<object, RequestContext>();

/** The id of the request on whose behalf this runs, if any: it stands in every line of the log. */
export function currentRequestId(): string | undefined {
  return storage.getStore()?.requestId;
}

/** Runs what belongs to several requests, and so to none of them. */
export function outsideRequests<T>(work: () => T): T {
  return storage.exit(work);
}

/** Makes each request's context known to all that runs for it. */
export function registerRequestContext(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    const context = { requestId: request.id };
    contexts.set(request, context);
    storage.run(context, done);
  });
  // The body arrives in events of the socket, which know nothing of the context.
  fastify.addHook('preValidation', (request, _reply, done) => {
    const context = contexts.get(request);
    if (context) storage.run(context, done);
    else done();
  });
}
