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

export class PipelineHasExecutionsError extends DomainError {
  constructor(id: number) {
    const remedy = 'with cascade=true they are deleted too, each with its whole tree';
    super('conflict', 'pipeline_has_executions', `The pipeline with id ${id} has executions; ${remedy}.`);
  }
}

export class PipelineInOtherTreesError extends DomainError {
  constructor(id: number) {
    super(
      'conflict',
      'pipeline_in_other_trees',
      `The pipeline with id ${id} has executions in trees of other pipelines, which would lose a part.`,
    );
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
