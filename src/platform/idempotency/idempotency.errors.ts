import { DomainError, InvalidRequestError } from '../errors/domain-error.js';

/** The key was used for another request. */
export class KeyReusedError extends InvalidRequestError {
  constructor() {
    super(
      [{ field: 'Idempotency-Key', message: 'was used for another request: a new request takes a new key' }],
      'idempotency_key_reused',
    );
  }
}

/** The first request with the key has no answer yet. */
export class RequestUnderWayError extends DomainError {
  constructor() {
    super('conflict', 'idempotency_key_in_use', 'The first request with this Idempotency-Key is still under way.');
  }
}
