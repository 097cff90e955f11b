/** The scopes of a key in ascending order; each includes those before it. */
export const SCOPES = ['read', 'write', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** The sender of a request. */
export interface Caller {
  /** Identifies the caller for ever: data stored for one caller is never returned to another. */
  readonly id: string;
  /** For logs and people. */
  readonly name: string;
  /** The largest scope of the caller; null for a token without a scope of this service. */
  readonly scope: Scope | null;
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
