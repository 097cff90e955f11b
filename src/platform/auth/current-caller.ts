import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ScopeTooSmallError } from './access.errors.js';
import { allows, type Caller, type Scope } from './caller.js';

/** The sender of the request, as a parameter of a controller's method; for routes that require a scope. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const { caller } = context.switchToHttp().getRequest<FastifyRequest>();
  if (!caller) throw new Error('an open route has no caller');
  return caller;
});

/** Checks a scope that depends on the body, beyond the route's own. Throws {@link ScopeTooSmallError}. */
export function requireScope(caller: Caller, asked: Scope): void {
  if (!allows(caller.scope, asked)) throw new ScopeTooSmallError(asked, caller.scope);
}
