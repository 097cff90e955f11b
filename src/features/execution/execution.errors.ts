import { DomainError, InvalidRequestError } from '../../platform/errors/domain-error.js';

export class ExecutionNotFoundError extends DomainError {
  constructor(id: number) {
    super('not_found', 'execution_not_found', `There is no execution with id ${id}.`);
  }
}

export class ParentNotFoundError extends DomainError {
  constructor(id: number) {
    super('not_found', 'parent_not_found', `There is no execution with id ${id} to be the parent.`);
  }
}

export class ExecutionAlreadyEndedError extends DomainError {
  constructor(id: number) {
    super(
      'conflict',
      'execution_already_ended',
      `Execution ${id} has already ended with other content; nothing was changed.`,
    );
  }
}

export class EndBeforeStartError extends InvalidRequestError {
  constructor(startDate: Date) {
    super([
      { field: 'end_date', message: `must not be more than 5 minutes before start_date (${startDate.toISOString()})` },
    ]);
  }
}
