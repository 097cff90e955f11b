import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { qualityOf, varyBy } from './accepted.js';
import { publicUrl } from './public-url.js';

declare module 'fastify' {
  interface FastifyInstance {
    /** The path to which `/` leads browsers; undefined where there is no page for people. */
    startPage: string | undefined;
    /** Other paths that lead browsers, if they have no query, to a path below the start page. */
    readonly pages: Map<string, string>;
  }
}

/**
 * Leads browsers from `/` to the page for people, once a module names one; programs get the status of the service as
 * before. Call it before any route is added.
 */
export function registerStartPage(fastify: FastifyInstance): void {
  fastify.decorate('startPage', undefined);
  fastify.decorate('pages', new Map());
  fastify.addHook('onRequest', (request, reply, done) => {
    const { pages, startPage } = request.server;
    const page = pages.get(request.url);
    if (page === undefined || startPage === undefined || request.method !== 'GET') return done();
    varyBy(reply, 'Accept');
    if (!isBrowser(request.headers.accept ?? '')) return done();
    return void reply.redirect(`${publicUrl(request).prefix}${startPage}${page}`, 302);
  });
  fastify.addHook('onRoute', (route) => {
    if (route.url !== '/') return;
    const others = [route.onRequest ?? []].flat();
    if (!others.includes(leadBrowsers)) route.onRequest = [...others, leadBrowsers];
  });
}

function leadBrowsers(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const { startPage } = request.server;
  if (startPage === undefined) return done();
  varyBy(reply, 'Accept');
  if (!isBrowser(request.headers.accept ?? '')) return done();
  return void reply.redirect(`${publicUrl(request).prefix}${startPage}`, 302);
}

/** Browsers ask for HTML rather than for JSON; programs ask for JSON, for anything, or do not say. */
function isBrowser(accept: string): boolean {
  const html = qualityOf(accept, ['text/html', 'text/*', '*/*']);
  return html > qualityOf(accept, ['application/json', 'application/*', '*/*']);
}
