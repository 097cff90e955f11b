import type { Caller, Scope } from '../../platform/auth/caller.js';
import type { SessionDto } from './session.dto.js';

/** The caller of a route that takes a scope, and who therefore has one. */
export function toSession({ name, scope, kind, expiresAt }: Caller): SessionDto {
  return { name, scope: scope as Scope, expires_at: expiresAt?.toISOString() ?? null, kind };
}
