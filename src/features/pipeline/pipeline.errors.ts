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
    super('conflict', 'name_taken', `The name '${name}' is taken (names compare without case).`);
  }
}

export class NamePatternError extends InvalidRequestError {
  constructor(pattern: Pick<RegExp, 'source'>) {
    super([{ field: 'name', message: `must match ${pattern.source}` }], 'name_pattern');
  }
}

/** A name that has its length only once it is lower-cased. */
export class NameTooLongError extends InvalidRequestError {
  constructor(field: string, longest: number) {
    super([{ field, message: `must be text of 1 to ${longest} characters, also when lower-cased` }]);
  }
}

/** A PATCH that doesn't say which row it means. */
export class KeyMissingError extends InvalidRequestError {
  constructor() {
    super([{ field: 'id', message: "Either 'id' or 'name' must be provided" }], 'key_missing');
  }
}

function describe(key: number | string): string {
  return typeof key === 'number' ? `with id ${key}` : `named '${key}'`;
}
