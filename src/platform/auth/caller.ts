/** What a key may do, from little to much; each holds those before it. */
export const SCOPES = ['read', 'write', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** The sender of a request. */
export interface Caller {
  /** Tells callers apart, for ever: what is kept for one is never given to another. */
  readonly id: string;
  /** For logs and people. */
  readonly name: string;
  /** The most that the caller may do; null for a token that allows nothing here. */
  readonly scope: Scope | null;
}

/** Whether a scope is enough for another. */
export function allows(held: Scope | null, asked: Scope): boolean {
  return held !== null && SCOPES.indexOf(held) >= SCOPES.indexOf(asked);
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sent the request; null on routes that ask nobody. */
    caller: Caller | null;
  }
}
