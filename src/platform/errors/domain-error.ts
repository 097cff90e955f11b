/**
 * The kinds of refusal that the service knows, a closed set: each has one HTTP status
 * (see `problem.filter.ts`), so that a feature never speaks of status codes.
 */
export type ErrorKind =
  | 'malformed'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'conflict'
  | 'too_large'
  | 'unsupported_media_type'
  | 'invalid'
  | 'failed_dependency'
  | 'too_many'
  | 'unavailable';

/** One field of a request that is wrong, by its name on the wire. */
export interface FieldError {
  readonly field: string;
  readonly message: string;
}

/** A refusal with a stable `code` for programs and a `detail` for people; both may be shown to the client. */
export class DomainError extends Error {
  constructor(
    readonly kind: ErrorKind,
    /** Stable, snake_case; clients may branch on it. */
    readonly code: string,
    readonly detail: string,
    /** The wrong fields, for kind `invalid`. */
    readonly fields?: readonly FieldError[],
    options?: ErrorOptions,
  ) {
    super(detail, options);
    this.name = new.target.name;
  }
}

/** Wrong fields of a request; the detail repeats them in one sentence. */
export class InvalidRequestError extends DomainError {
  constructor(fields: readonly FieldError[], code = 'validation_failed') {
    super('invalid', code, fields.map(({ field, message }) => `${field}: ${message}`).join('; '), fields);
  }
}
