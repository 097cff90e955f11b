import type { Scope } from './caller.js';
import { DomainError } from '../errors/domain-error.js';

/** The request has no key, or an unknown one. */
export class UnauthenticatedError extends DomainError {
  constructor(detail: string) {
    super('unauthenticated', 'unauthenticated', detail);
  }
}

/** The scope of the caller is too small. */
export class ScopeTooSmallError extends DomainError {
  constructor(
    readonly takes: Scope,
    held: Scope | null,
  ) {
    super(
      'forbidden',
      'insufficient_scope',
      `This takes the scope '${takes}'; the key has ${held ? `'${held}'` : 'none'}.`,
    );
  }
}

/** A request that may come from a page of another site, to a service without keys. */
export class ForeignSiteError extends DomainError {
  constructor(header: 'Host' | 'Origin', got: string) {
    super(
      'forbidden',
      'foreign_site',
      `While no key is configured, the service answers under its own names only, and got ${header} '${got}'. ` +
        'Add the name to WATCHER_ALLOWED_HOSTS, or configure a key.',
    );
  }
}

/** A login from a page of another origin, which would make its user somebody else here. */
export class ForeignOriginError extends DomainError {
  constructor() {
    super('forbidden', 'foreign_origin', 'Sessions begin and end on pages of this service only.');
  }
}

export class TooManyRequestsError extends DomainError {
  /** `isRepeatable` for clients that do not repeat a request after a 429. */
  constructor(perSecond: number, isRepeatable = false) {
    const detail = `More than ${perSecond} requests a second; slow down.`;
    super(isRepeatable ? 'unavailable' : 'too_many', 'rate_limited', detail);
  }
}

/** The service has reached its limit of requests under way. */
export class OverloadedError extends DomainError {
  constructor() {
    super('unavailable', 'overloaded', 'Too many requests are under way; try again.');
  }
}

/** The issuer's keys cannot be fetched, so its tokens cannot be verified. */
export class IssuerUnavailableError extends DomainError {
  constructor(cause: unknown) {
    super(
      'unavailable',
      'issuer_unavailable',
      'The token cannot be verified now: its issuer does not answer.',
      undefined,
      {
        cause,
      },
    );
  }
}
