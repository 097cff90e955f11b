import { applyDecorators } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiSecurity } from '@nestjs/swagger';
import { ApiProblems } from '../http/api.js';
import { knownFields } from '../http/known-fields.js';
import { type Scope, SCOPES } from './caller.js';

/**
 * What a route asks of its caller: a scope, or nothing (`open`), or `read` unless the installation has made the
 * documentation or the metrics public.
 */
export type RouteAccess = Scope | 'open' | 'docs' | 'metrics';

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: RouteAccess;
  }
}

/** The name of the security scheme in the OpenAPI document. */
export const SECURITY_SCHEME = 'key';

/**
 * Declares what a route asks of its caller. A route that declares nothing stops the service from starting: forgotten
 * must not mean open. `read` is for what changes nothing, `write` for what pipelines report, `admin` for what operators
 * change.
 */
export function Requires(access: RouteAccess): MethodDecorator {
  const documented =
    access === 'open' ? [] : [ApiSecurity(SECURITY_SCHEME, [scopeOf(access)]), ApiProblems(401, 403, 429)];
  return (controller, method, descriptor) => {
    // Probes and scrapers may append what they like to a URL that filters nothing.
    const isFiltered = SCOPES.some((scope) => scope === access);
    const config = { access, ...(isFiltered && { knownFields: knownFields(controller, method) }) };
    applyDecorators(RouteConfig(config), ...documented)(controller, method, descriptor);
  };
}

/** What is not made public takes `read`. */
function scopeOf(access: Exclude<RouteAccess, 'open'>): Scope {
  return access === 'docs' || access === 'metrics' ? 'read' : access;
}
