import { Injectable } from '@nestjs/common';
import { CommittedEvent } from '../../platform/events/committed-event.js';
import { TransactionEvent } from '../../platform/events/transaction-event.js';
import { JobService } from '../../platform/jobs/job.service.js';
import type { ExecutionEntity } from './execution.entity.js';

/** An execution whose row has been inserted, its closure rows not yet. */
export type StartedExecution = Readonly<
  Pick<ExecutionEntity, 'id' | 'parentId' | 'rootId' | 'pipelineId' | 'externalId' | 'startDate' | 'deadline'>
>;

/** An execution whose end has been written, with what follows from it for its pipeline. */
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
  /** Whether it had another end before, as what is expected or lost has. */
  readonly hadEnd: boolean;
  /** Whether its parent is expected. */
  readonly isBelowExpected: boolean;
};

/** An execution that is about to get another parent, or none. */
export interface MovingExecution {
  readonly id: number;
  readonly parentId: number | null;
}

/** A start or an end that readers on every connection can see. */
export interface CommittedExecution {
  readonly executionId: number;
  readonly change: 'started' | 'ended';
}

/** What can be heard of executions. Each event comes once for all executions of a transaction. */
@Injectable()
export class ExecutionEvents {
  /** In the transaction, after the inserts; an execution that was expected is among them when its start is reported. */
  readonly started = new TransactionEvent<StartedExecution>();
  /**
   * In the transaction, under the exclusive lock of the tree: the listener moves them. It refuses a parent below the
   * execution by an `ExecutionCycleError`.
   */
  readonly moving = new TransactionEvent<MovingExecution>();
  /** In the transaction, after the ends and the progress of their pipelines. */
  readonly ended = new TransactionEvent<EndedExecution>();
  /** After the transaction, at least once. */
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
