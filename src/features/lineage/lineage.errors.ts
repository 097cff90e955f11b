import { DomainError, InvalidRequestError } from '../../platform/errors/domain-error.js';

export class DatasetNotFoundError extends DomainError {
  constructor(key: number | string) {
    super('not_found', 'dataset_not_found', `There is no dataset ${describe(key)}.`);
  }
}

export class AddressTypeNotFoundError extends DomainError {
  constructor(key: number | string) {
    super('not_found', 'address_type_not_found', `There is no address type ${describe(key)}.`);
  }
}

/** Inputs × outputs beyond the limit. */
export class TooManyEdgesError extends InvalidRequestError {
  constructor(most: number, field: string) {
    super([{ field, message: `must come to at most ${most} pairs of an input and an output` }]);
  }
}

function describe(key: number | string): string {
  return typeof key === 'number' ? `with id ${key}` : `named '${key}'`;
}
