import { DomainError, InvalidRequestError } from '../../platform/errors/domain-error.js';

export class PipelineNotFoundError extends DomainError {
  constructor(key: number | string) {
    super('not_found', 'pipeline_not_found', `There is no pipeline ${describe(key)}.`);
  }
}

export class PipelineTypeNotFoundError extends DomainError {
  constructor(key: number | string) {
    super('not_found', 'pipeline_type_not_found', `There is no pipeline type ${describe(key)}.`);
  }
}

export class NameTakenError extends DomainError {
  constructor(name: string) {
    super('conflict', 'name_taken', `The name '${name}' is taken (names are case-insensitive).`);
  }
}

export class NamePatternError extends InvalidRequestError {
  constructor(pattern: Pick<RegExp, 'source'>) {
    super([{ field: 'name', message: `must match ${pattern.source}` }], 'name_pattern');
  }
}

/** A name that exceeds the limit only after lower-casing. */
export class NameTooLongError extends InvalidRequestError {
  constructor(field: string, longest: number) {
    super([{ field, message: `must be text of 1 to ${longest} characters, also after lower-casing` }]);
  }
}

/** A PATCH without a key for the row. */
export class KeyMissingError extends InvalidRequestError {
  constructor() {
    super([{ field: 'id', message: "Either 'id' or 'name' must be provided" }], 'key_missing');
  }
}

function describe(key: number | string): string {
  return typeof key === 'number' ? `with id ${key}` : `named '${key}'`;
}
