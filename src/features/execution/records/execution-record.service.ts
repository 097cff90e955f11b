import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { together } from '../../../platform/database/together.js';
import { writtenMeanwhile } from '../../../platform/database/database-errors.js';
import { type EndedExecution, ExecutionEvents, type RestatedExecution } from '../execution.events.js';
import { ExecutionStartRepository, type Parent } from '../execution-start.repository.js';
import { slowAt as slowAtOf } from '../start-request.js';
import { COMPLETED_SUCCESSFULLY, IS_TERMINAL, type Status } from '../execution-status.js';
import { ExpectedExecutionRepository } from '../expected-execution.repository.js';
import {
  type ExecutionRecord,
  ExecutionRecordRepository,
  type Moved,
  type OwnSpan,
  type PastSuccess,
  type PlacedRecord,
  type Recorded,
} from './execution-record.repository.js';

export type { ExecutionRecord, OwnSpan, Parent, RestatedExecution };

/** A record of an execution that may have had another one before. */
export interface RecordedChange {
  readonly record: ExecutionRecord;
  /** The status and end of the record before; null for a new execution. */
  readonly before: { readonly status: Status; readonly endDate: Date | null } | null;
}

/**
 * Keeps executions whose state another module derives from what it was told, in any order: they may begin, end and
 * change in one step, end again, or run again. Their place in the tree changes by the event `moving` alone. All methods
 * run in the caller's transaction.
 */
@Injectable()
export class ExecutionRecordService {
  constructor(
    private readonly records: ExecutionRecordRepository,
    private readonly starts: ExecutionStartRepository,
    private readonly expected: ExpectedExecutionRepository,
    private readonly events: ExecutionEvents,
  ) {}

  /**
   * Keeps other transactions from moving executions (`shared`), or also from inserting any below others (`exclusive`).
   * The places of executions that are read afterwards stay valid.
   */
  lockTree(manager: EntityManager, mode: 'shared' | 'exclusive'): Promise<void> {
    return this.records.lockTree(manager, mode);
  }

  /** Ids for new executions; keeps pipelines that are read afterwards from being deleted. */
  reserve(manager: EntityManager, count: number): Promise<number[]> {
    return this.starts.lockPipelinesAndDrawIds(manager, count);
  }

  /** The places of executions in their trees; those that do not exist are left out. */
  places(manager: EntityManager, ids: readonly number[]): Promise<Map<number, Parent>> {
    return this.starts.findParents(manager, ids);
  }

  /** Those of these executions that were found lost. */
  lostAmong(manager: EntityManager, ids: readonly number[]): Promise<number[]> {
    return this.records.lostAmong(manager, ids);
  }

  /** The ids of the newest executions of a pipeline, by start. */
  newest(manager: EntityManager, pipelineId: number, limit: number): Promise<number[]> {
    return this.records.newest(manager, pipelineId, limit);
  }

  /** The latest successes of a pipeline, by end. */
  latestSuccesses(manager: EntityManager, pipelineId: number, limit: number): Promise<PastSuccess[]> {
    return this.records.latestSuccesses(manager, pipelineId, limit);
  }

  /** The greatest watermark that the successes of a pipeline lead to, of those that started after a moment. */
  greatestWatermark(manager: EntityManager, pipelineId: number, since: Date | null): Promise<Moved | undefined> {
    return this.records.greatestWatermark(manager, pipelineId, since);
  }

  /** Writes executions, and tells the listeners of starts, ends and changes. */
  async write(
    manager: EntityManager,
    changes: readonly RecordedChange[],
    parents: ReadonlyMap<number, Parent>,
  ): Promise<void> {
    if (changes.length === 0) return;
    const placed = await this.place(manager, changes, parents);
    const inserted = placed.filter(({ before }) => before === null);
    const updated = placed.filter(({ before }) => before !== null);
    const [written] = await together(
      this.records.update(manager, updated),
      this.records.insert(manager, inserted),
      this.noteExpected(manager, changes),
    );
    await this.tell(manager, placed, written);
  }

  /** Marks executions as superseded or not; returns those that change. */
  async rank(manager: EntityManager, ranks: ReadonlyMap<number, boolean>): Promise<number[]> {
    if (ranks.size === 0) return [];
    const changed = await this.records.setSuperseded(manager, ranks);
    await this.events.changed.emit(manager, changed);
    return changed.map(({ id }) => id);
  }

  /** Sets the spans of expected executions to those of their children; returns the parents of those that change. */
  async span(manager: EntityManager, spans: readonly OwnSpan[]): Promise<number[]> {
    if (spans.length === 0) return [];
    const changed = await this.records.span(manager, spans);
    await this.events.changed.emit(
      manager,
      changed.map(({ id, rootId }) => ({ id, rootId })),
    );
    return changed.flatMap(({ parentId }) => parentId ?? []);
  }

  /** Sets the parents of executions; null makes a root. Throws an `ExecutionCycleError`. */
  async move(
    manager: EntityManager,
    moves: readonly { readonly id: number; readonly parentId: number | null }[],
  ): Promise<void> {
    await this.events.moving.emit(manager, moves);
  }

  /** Tells the listeners that these executions are in their final state of the transaction. */
  async settled(manager: EntityManager, executions: readonly RestatedExecution[]): Promise<void> {
    await this.events.restated.emit(manager, executions);
  }

  private async place(
    manager: EntityManager,
    changes: readonly RecordedChange[],
    parents: ReadonlyMap<number, Parent>,
  ): Promise<(PlacedRecord & RecordedChange)[]> {
    const pipelines = await this.starts.findPipelines(
      manager,
      changes.map(({ record }) => record.pipelineId),
    );
    const timed = changes.map((change) => {
      const { id, pipelineId, startDate } = change.record;
      const pipeline = pipelines.get(pipelineId);
      // It was deleted since it was found.
      if (!pipeline) throw writtenMeanwhile('a pipeline');
      return { ...change, id, startDate, pipeline };
    });
    const deadlines = await this.starts.findDeadlines(
      manager,
      timed.filter(({ record, pipeline }) => !record.isEndless && pipeline.timeliness_number !== null),
    );
    const pipelineOf = new Map(changes.map(({ record }) => [record.id, record.pipelineId]));
    return timed.map(({ id, startDate, ...change }) => {
      const { parentId, isEndless } = change.record;
      const above = parentId === null ? 0 : (parents.get(parentId)?.pipelineId ?? pipelineOf.get(parentId));
      const slowAt = isEndless ? null : slowAtOf(startDate, change.pipeline, above);
      return { ...change, deadline: deadlines.get(id) ?? null, slowAt };
    });
  }

  private async noteExpected(manager: EntityManager, changes: readonly RecordedChange[]): Promise<void> {
    const begun = changes.filter(({ record, before }) => before?.status === 'expected' && record.status !== 'expected');
    const ids = (some: readonly RecordedChange[]): number[] => some.map(({ record }) => record.id);
    const added = changes.filter(({ record, before }) => before === null && record.status === 'expected');
    await together(this.expected.forget(manager, ids(begun)), this.expected.note(manager, ids(added)));
  }

  private async tell(
    manager: EntityManager,
    placed: readonly (PlacedRecord & RecordedChange)[],
    written: ReadonlyMap<number, Recorded>,
  ): Promise<void> {
    const rootOf = (record: ExecutionRecord): number => written.get(record.id)?.rootId ?? record.rootId;
    const begun = placed.filter(
      ({ record, before }) => record.status !== 'expected' && (before === null || before.status === 'expected'),
    );
    const ended = placed.filter(
      ({ record, before }) =>
        IS_TERMINAL[record.status] &&
        (before?.status !== record.status || before.endDate?.getTime() !== record.endDate?.getTime()),
    );
    const told = new Set([...begun, ...ended].map(({ record }) => record.id));
    await this.events.started.emit(
      manager,
      begun.map(({ record, deadline }) => {
        const { id, pipelineId, externalId, startDate } = record;
        const { parentId } = written.get(id) ?? record;
        return { id, parentId, rootId: rootOf(record), pipelineId, externalId, startDate, deadline };
      }),
    );
    await this.events.ended.emit(
      manager,
      ended.map((change) => toEnded(change, written.get(change.record.id))),
    );
    await this.events.changed.emit(
      manager,
      placed
        .filter(({ record }) => !told.has(record.id))
        .map(({ record }) => ({ id: record.id, rootId: rootOf(record) })),
    );
  }
}

function toEnded(
  { record, before, deadline, slowAt }: PlacedRecord & RecordedChange,
  written: Recorded | undefined,
): EndedExecution {
  const { id, pipelineId, startDate, endDate, status, attempt } = record;
  if (endDate === null) throw new Error(`execution ${id} has not ended`);
  return {
    id,
    parentId: written ? written.parentId : record.parentId,
    rootId: written?.rootId ?? record.rootId,
    pipelineId,
    startDate,
    deadline,
    endDate,
    status,
    completedSuccessfully: COMPLETED_SUCCESSFULLY[status],
    attempt,
    superseded: written?.superseded ?? false,
    slowAt,
    // Also where it was lost meanwhile, which the record does not know.
    hadEnd: before !== null,
    isBelowExpected: false,
    isRestated: true,
  };
}
