import type { Scope } from './caller.js';
import { DomainError } from '../errors/domain-error.js';

/** No key, or one that is not known. */
export class UnauthenticatedError extends DomainError {
  constructor(detail: string) {
    super('unauthenticated', 'unauthenticated', detail);
  }
}

/** A known caller that may not do this. */
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

/** A request that a page of another site may have made, to a service that asks nobody for a key. */
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

export class TooManyRequestsError extends DomainError {
  constructor(perSecond: number) {
    super('too_many', 'rate_limited', `More than ${perSecond} requests a second; slow down.`);
  }
}

/** More requests under way than the service takes on. */
export class OverloadedError extends DomainError {
  constructor() {
    super('unavailable', 'overloaded', 'The service has more requests under way than it takes on; try again.');
  }
}

/** The issuer's keys can't be fetched, so that no token of it can be checked. */
export class IssuerUnavailableError extends DomainError {
  constructor(cause: unknown) {
    super(
      'unavailable',
      'issuer_unavailable',
      'The token cannot be checked now: its issuer does not answer.',
      undefined,
      {
        cause,
      },
    );
  }
}
