import { DomainError, InvalidRequestError } from '../../platform/errors/domain-error.js';

/** Refuses an operation that refers to one that failed. */
export class FailedReferenceError extends DomainError {
  constructor(ref: string) {
    super('failed_dependency', 'failed_dependency', `The operation '${ref}' failed, so this one was not done.`);
  }
}

/** Refuses a field of an operation. */
export class OperationFieldError extends InvalidRequestError {
  constructor(field: string, message: string) {
    super([{ field, message }]);
  }
}
