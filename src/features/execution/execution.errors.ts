import { DomainError, InvalidRequestError } from '../../platform/errors/domain-error.js';

export class ExecutionNotFoundError extends DomainError {
  constructor(id: number) {
    super('not_found', 'execution_not_found', `There is no execution with id ${id}.`);
  }
}

export class NotARootError extends DomainError {
  constructor(id: number) {
    super('conflict', 'not_a_root', `Execution ${id} is below another; only whole trees are deleted.`);
  }
}

export class TreeRunningError extends DomainError {
  constructor(id: number) {
    super('conflict', 'tree_running', `Something in the tree of execution ${id} still runs; end it first.`);
  }
}

export class ParentNotFoundError extends DomainError {
  constructor(id: number) {
    super('not_found', 'parent_not_found', `There is no execution with id ${id} to be the parent.`);
  }
}

export class ExecutionCycleError extends DomainError {
  constructor() {
    super('conflict', 'cycle', 'The parent is the execution itself, or below it; nothing was changed.');
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

/** Refuses a heartbeat; the same code as the refusal of a second end, which means the same to a worker. */
export class ExecutionEndedError extends DomainError {
  constructor(id: number) {
    super(
      'conflict',
      'execution_already_ended',
      `Execution ${id} has ended, or was found lost; its worker should stop.`,
    );
  }
}

export class NoHeartbeatError extends DomainError {
  constructor(id: number) {
    super('not_found', 'no_heartbeat', `Execution ${id} has sent no heartbeat, or has ended.`);
  }
}

export class EndBeforeStartError extends InvalidRequestError {
  constructor(startDate: Date) {
    super([
      { field: 'end_date', message: `must not be more than 5 minutes before start_date (${startDate.toISOString()})` },
    ]);
  }
}

export class EndWithoutResultError extends InvalidRequestError {
  constructor() {
    super([{ field: 'completed_successfully', message: 'must be given, or status in its place' }]);
  }
}

export class ContradictoryEndError extends InvalidRequestError {
  constructor(status: string, completed: boolean) {
    super([{ field: 'status', message: `must not be ${status} where completed_successfully is ${completed}` }]);
  }
}

/** Refuses a `retry_of` that cannot be repeated. */
export class RetryError extends InvalidRequestError {
  constructor(message: string) {
    super([{ field: 'retry_of', message }]);
  }
}
