import { Injectable } from '@nestjs/common';
import { CommittedEvent } from '../../platform/events/committed-event.js';
import { TransactionEvent } from '../../platform/events/transaction-event.js';
import { JobService } from '../../platform/jobs/job.service.js';
import { ChangeLog } from '../changes/change-log.js';
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
  /** When it was slow, see {@link ExecutionEntity.slowAt}. */
  readonly slowAt: Date | null;
  readonly endDate: Date;
  /** True if it already had an end date, as expected and lost executions have. */
  readonly hadEnd: boolean;
  /** True if its parent is expected. */
  readonly isBelowExpected: boolean;
  /** True if its state is derived anew with each report: {@link ExecutionEvents.restated} follows. */
  readonly isRestated?: boolean;
};

/** An execution whose state was derived anew, from reports in any order. It may have been another one before. */
export interface RestatedExecution {
  readonly id: number;
  /** The pipelines that it belongs to, or did. */
  readonly pipelineIds: readonly number[];
  /** The parent that it had before; null if it had none, or keeps it. */
  readonly parentBefore: number | null;
  /** Whether it is or was failed. */
  readonly isFailure: boolean;
  /** Whether it had not ended before. */
  readonly isFirstEnd: boolean;
  /** Whether it was a success, and is none any more, or an earlier one, or one of another pipeline. */
  readonly isWithdrawn: boolean;
  /** Whether it was moved, or was expected before: others in its tree may be roots of what is known, or not any more. */
  readonly isRearranged: boolean;
}

/** An execution whose parent is about to change. */
export interface MovingExecution {
  readonly id: number;
  readonly parentId: number | null;
}

/** An execution that changed otherwise: its metadata, deadline, next watermark, span or rank among attempts. */
export interface ChangedExecution {
  readonly id: number;
  /** The root of its tree; absent where another fact of the transaction names it. */
  readonly rootId?: number;
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
  /** In the transaction, after everything else: listeners derive what follows from the state of these executions. */
  readonly restated = new TransactionEvent<RestatedExecution>();
  /** In the transaction, for changes other than start, end, move and deletion. */
  readonly changed = new TransactionEvent<ChangedExecution>();
  /** After the commit, at least once. */
  readonly committed: CommittedEvent<CommittedExecution>;

  constructor(jobs: JobService, changes: ChangeLog) {
    this.committed = new CommittedEvent('execution-committed', jobs);
    this.notify(this.started, 'started', changes);
    this.notify(this.ended, 'ended', changes);
    this.changed.listen(async (manager, facts) => {
      const roots = facts.flatMap(({ rootId }) => rootId ?? []);
      changes.note(manager, { roots, executions: facts.map(({ id }) => id) });
    });
  }

  /** Notes what changed, and publishes it after the commit. */
  private notify(
    event: TransactionEvent<StartedExecution> | TransactionEvent<EndedExecution>,
    change: CommittedExecution['change'],
    changes: ChangeLog,
  ): void {
    event.listen((manager, facts) => {
      changes.note(manager, {
        roots: facts.map(({ rootId }) => rootId),
        executions: facts.map(({ id }) => id),
        pipelines: facts.map(({ pipelineId }) => pipelineId),
      });
      return this.committed.emit(
        manager,
        facts.map(({ id }) => ({ executionId: id, change })),
      );
    });
  }
}
