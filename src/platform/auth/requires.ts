import { applyDecorators, type Type } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiSecurity } from '@nestjs/swagger';
import { ApiProblems } from '../http/api.js';
import { knownFields } from '../http/known-fields.js';
import { type Scope, SCOPES } from './caller.js';

/**
 * The access that a route requires: a scope, or none (`open`), or `read` unless the configuration makes the
 * documentation or the metrics public. `login` is for the begin and the end of a session, `page` for the files of a page,
 * which have a limit of their own.
 */
export type RouteAccess = Scope | 'open' | 'docs' | 'metrics' | 'login' | 'page';

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: RouteAccess;
  }
}

/** What a route takes in its body, where that differs from others. */
interface BodyRules {
  /** The most bytes. */
  readonly bodyLimit?: number;
  /** See `simpleAnswers` of a route. */
  readonly simpleAnswers?: boolean;
  /** The body is an array of these. */
  readonly items?: Type;
}

/** The name of the security scheme in the OpenAPI document. */
export const SECURITY_SCHEME = 'key';

/**
 * Declares the access that a route requires. A route without a declaration stops the start, because a forgotten one
 * must not be open. `read` is for routes that change nothing, `write` for the reports of pipelines, `admin` for the
 * changes of operators.
 */
export function Requires(
  access: Exclude<RouteAccess, 'page'>,
  { bodyLimit, items, simpleAnswers = false }: BodyRules = {},
): MethodDecorator {
  const scope = scopeOf(access);
  const documented = [
    ...(scope ? [ApiSecurity(SECURITY_SCHEME, [scope])] : []),
    ...(scope || access === 'login' ? [ApiProblems(401, 403, ...(simpleAnswers ? [] : [429]))] : []),
  ];
  return (controller, method, descriptor) => {
    // Probes and scrapers append parameters of their own; these routes have no filters.
    const isFiltered = access === 'login' || SCOPES.some((one) => one === access);
    const config = {
      access,
      ...(isFiltered && { knownFields: knownFields(controller, method, items) }),
      ...(bodyLimit !== undefined && { bodyLimit }),
      ...(simpleAnswers && { simpleAnswers }),
    };
    applyDecorators(RouteConfig(config), ...documented)(controller, method, descriptor);
  };
}

/** Pages that are not public require `read`. */
function scopeOf(access: Exclude<RouteAccess, 'page'>): Scope | undefined {
  if (access === 'open' || access === 'login') return undefined;
  return access === 'docs' || access === 'metrics' ? 'read' : access;
}
