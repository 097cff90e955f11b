import { Injectable } from '@nestjs/common';
import { CommittedEvent } from '../../platform/events/committed-event.js';
import { TransactionEvent } from '../../platform/events/transaction-event.js';
import { JobService } from '../../platform/jobs/job.service.js';
import type { ExecutionEntity } from './execution.entity.js';

/** An execution whose row has been inserted, but whose closure rows have not. */
export type StartedExecution = Readonly<
  Pick<ExecutionEntity, 'id' | 'parentId' | 'rootId' | 'pipelineId' | 'externalId' | 'startDate' | 'deadline'>
>;

/** An execution whose end has been written, with the fields that its listeners need. */
export type EndedExecution = Readonly<
  Pick<
    ExecutionEntity,
    | 'id'
    | 'parentId'
    | 'rootId'
    | 'pipelineId'
    | 'startDate'
    | 'deadline'
    | 'status'
    | 'completedSuccessfully'
    | 'attempt'
    | 'superseded'
  >
> & {
  readonly endDate: Date;
  /** True if it already had an end date, as expected and lost executions have. */
  readonly hadEnd: boolean;
  /** True if its parent is expected. */
  readonly isBelowExpected: boolean;
};

/** An execution whose parent is about to change. */
export interface MovingExecution {
  readonly id: number;
  readonly parentId: number | null;
}

/** An execution that is about to be deleted. */
export interface DeletingExecution {
  readonly id: number;
}

/** A committed start or end. */
export interface CommittedExecution {
  readonly executionId: number;
  readonly change: 'started' | 'ended';
}

/** The events of executions. Each event is emitted once for all executions of a transaction. */
@Injectable()
export class ExecutionEvents {
  /** In the transaction, after the inserts. Also emitted for an expected execution when its start is reported. */
  readonly started = new TransactionEvent<StartedExecution>();
  /**
   * In the transaction, under the exclusive tree lock: the listener moves the executions. It throws an
   * `ExecutionCycleError` if the parent is below the execution.
   */
  readonly moving = new TransactionEvent<MovingExecution>();
  /** In the transaction, after the ends and the pipelines' progress are written. */
  readonly ended = new TransactionEvent<EndedExecution>();
  /** In the transaction, before the executions are deleted: all of a tree, under the exclusive tree lock. */
  readonly deleting = new TransactionEvent<DeletingExecution>();
  /** After the commit, at least once. */
  readonly committed: CommittedEvent<CommittedExecution>;

  constructor(jobs: JobService) {
    this.committed = new CommittedEvent('execution-committed', jobs);
    this.started.listen((manager, started) =>
      this.committed.emit(
        manager,
        started.map(({ id }) => ({ executionId: id, change: 'started' })),
      ),
    );
    this.ended.listen((manager, ended) =>
      this.committed.emit(
        manager,
        ended.map(({ id }) => ({ executionId: id, change: 'ended' })),
      ),
    );
  }
}
