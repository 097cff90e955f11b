import { applyDecorators } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiSecurity } from '@nestjs/swagger';
import { ApiProblems } from './api.js';
import { knownFields } from './known-fields.js';

/** What a key may do, from little to much; each holds those before it. */
export const SCOPES = ['read', 'write', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/**
 * What a route asks of its caller: a scope, or nothing (`open`), or `read` unless the installation has made the
 * documentation or the metrics public.
 */
export type RouteAccess = Scope | 'open' | 'docs' | 'metrics';

/** Who sent a request. */
export interface Caller {
  /** Tells callers apart, for ever: what is kept for one is never given to another. */
  readonly id: string;
  /** For logs and people. */
  readonly name: string;
  /** The most that the caller may do; null for a token that allows nothing here. */
  readonly scope: Scope | null;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sent the request; null on routes that ask nobody. */
    caller: Caller | null;
  }
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
  const documented = access === 'open' ? [] : [ApiSecurity(SECURITY_SCHEME, [access]), ApiProblems(401, 403, 429)];
  return (controller, method, descriptor) => {
    // Probes and scrapers may append what they like to a URL that filters nothing.
    const isFiltered = SCOPES.some((scope) => scope === access);
    const config = { access, ...(isFiltered && { knownFields: knownFields(controller, method) }) };
    applyDecorators(RouteConfig(config), ...documented)(controller, method, descriptor);
  };
}

/** Whether a scope is enough for another. */
export function allows(held: Scope | null, asked: Scope): boolean {
  return held !== null && SCOPES.indexOf(held) >= SCOPES.indexOf(asked);
}
