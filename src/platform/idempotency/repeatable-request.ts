import { AsyncLocalStorage } from 'node:async_hooks';

/** A request that its sender may repeat: one with an Idempotency-Key. */
export interface RepeatableRequest {
  readonly caller: string;
  readonly key: string;
  /** SHA-256, in hex, of method, path and body: what makes two requests the same. */
  readonly fingerprint: string;
  /** The request itself, as far as a problem document speaks of it. */
  readonly url: string;
  readonly id: string;
}

/**
 * The repeatable request that the running code works for. Carried beside the calls and not through them: what a
 * service does is the same with a key and without.
 */
export const repeatableRequest = new AsyncLocalStorage<RepeatableRequest>();
