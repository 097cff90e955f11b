/** The scopes of a key in ascending order; each includes those before it. */
export const SCOPES = ['read', 'write', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** How a caller proves who it is; `open` while no key is configured, so that nobody has to. */
export const CALLER_KINDS = ['key', 'token', 'session', 'open'] as const;
export type CallerKind = (typeof CALLER_KINDS)[number];

/** The sender of a request. */
export interface Caller {
  /** Identifies the caller for ever: data stored for one caller is never returned to another. */
  readonly id: string;
  /** For logs and people. */
  readonly name: string;
  /** The largest scope of the caller; null for a token without a scope of this service. */
  readonly scope: Scope | null;
  readonly kind: CallerKind;
  /** When its proof expires; undefined for one that does not. */
  readonly expiresAt?: Date;
}

/** Whether a scope includes another. */
export function allows(held: Scope | null, asked: Scope): boolean {
  return held !== null && SCOPES.indexOf(held) >= SCOPES.indexOf(asked);
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The sender of the request; null on open routes. */
    caller: Caller | null;
  }
}
