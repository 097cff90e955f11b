import { AsyncLocalStorage } from 'node:async_hooks';

/** A request that its sender may repeat: one with an Idempotency-Key. */
export interface RepeatableRequest {
  readonly caller: string;
  readonly key: string;
  /** SHA-256, in hex, of method, path and body, which together identify the request. */
  readonly fingerprint: string;
  /** The fields of the request that a problem document shows. */
  readonly url: string;
  readonly id: string;
}

/**
 * The repeatable request that the current code works for. It is kept in asynchronous context and not passed as a
 * parameter, because services do the same work with a key and without.
 */
export const repeatableRequest = new AsyncLocalStorage<RepeatableRequest>();
