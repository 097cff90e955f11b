import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Datepart } from '../pipeline/threshold.entity.js';
import { insertWithSubscribers } from '../../platform/database/insert-with-subscribers.js';
import { PipelineNameService } from '../pipeline/pipeline-name.service.js';
import { ExecutionEntity } from './execution.entity.js';
import {
  CLAIM_EXTERNAL_IDS,
  DRAW_IDS,
  LOCK_PIPELINES_AND_DRAW_IDS,
  FIND_DEADLINES,
  FIND_EXTERNAL_IDS,
  FIND_PARENTS,
  FIND_RETRIED,
  FIND_STARTED_PIPELINES,
  INSERT_EXECUTIONS,
} from './execution-start.sql.js';
import type { ParentReference, ParentRun } from './parent-reference.js';
import { LOCK_TREE_FOR_STARTS, TRY_LOCK_TREE_FOR_STARTS } from './tree-lock.sql.js';

/** The fields of a start that its lookups need. */
export interface StartToResolve {
  readonly pipelineId: number;
  readonly externalId: string | null;
  readonly parent: ParentReference | null;
  readonly retryOf: number | null;
  readonly startDate: Date;
}

/** The pipeline of a start; the threshold is that of its type if it has none of its own. */
export interface StartedPipeline {
  readonly id: number;
  readonly watermark: string | null;
  readonly next_watermark: string | null;
  readonly config_version: number;
  readonly timeliness_number: number | null;
  readonly timeliness_datepart: Datepart | null;
  /** The seconds after which a run is slow, by the pipeline of its parent; `0` for all others. */
  readonly slow_after: Readonly<Record<string, number>> | null;
}

/** An execution as a parent. */
export interface Parent {
  readonly id: number;
  readonly rootId: number;
  readonly parentId: number | null;
  readonly pipelineId: number;
  readonly expected: boolean;
}

/** An execution to be repeated. */
export type RetriedExecution = Pick<
  ExecutionEntity,
  'id' | 'rootId' | 'parentId' | 'pipelineId' | 'externalId' | 'status' | 'endDate' | 'completedSuccessfully'
>;

/** The lookup results for a start; pipeline and executions are undefined if they do not exist. */
export interface ResolvedStart {
  readonly id: number;
  readonly pipeline: StartedPipeline | undefined;
  /** The parent given by id. */
  readonly parent: Parent | undefined;
  /** The pipeline of the parent given by external id. */
  readonly parentPipeline: StartedPipeline | undefined;
  readonly retried: RetriedExecution | undefined;
  readonly deadline: Date | null;
}

/**
 * The tree lock of a transaction of starts: none if no start has a parent, `busy` if another transaction excludes it.
 * With an exclusive one, executions may be moved.
 */
export type TreeLock = 'none' | 'busy' | 'shared' | 'exclusive';

/** The lookup results for a batch of starts. */
export interface ResolvedStarts {
  /** In the order of the starts. */
  readonly starts: readonly ResolvedStart[];
  readonly lock: TreeLock;
}

/** An external id, and the execution that claims it. */
export interface ExternalId {
  readonly pipelineId: number;
  readonly externalId: string;
  readonly executionId: number;
}

/** An execution to insert, with its id already assigned. */
export type NewExecution = Omit<
  ExecutionEntity,
  | 'pipelineName'
  | 'endDate'
  | 'completedSuccessfully'
  | 'inserts'
  | 'updates'
  | 'softDeletes'
  | 'totalRows'
  | 'errorMessage'
  | 'endHash'
  | 'status'
  | 'durationSeconds'
  | 'throughput'
  | 'dateRecorded'
  | 'startDateEstimated'
  | 'anomalyFlags'
  | 'slowAt'
> & { readonly slowAt: Date | null };

/** The SQL that starts executions; writes only in the caller's transaction. */
@Injectable()
export class ExecutionStartRepository {
  constructor(private readonly names: PipelineNameService) {}

  /**
   * Looks up the data for a batch of starts and assigns an id to each. Takes the pipelines lock first, then the tree
   * lock, so that the results stay valid, unless the tree lock is busy and `waits` is false. No lookup depends on the
   * result of another.
   */
  async resolveStarts(
    manager: EntityManager,
    starts: readonly StartToResolve[],
    waits: boolean,
  ): Promise<ResolvedStarts> {
    const parentIds = starts.flatMap(({ parent }) => (parent && 'id' in parent ? parent.id : []));
    const parentRuns = starts.flatMap(({ parent }) => (parent && !('id' in parent) ? parent : []));
    const retriedIds = starts.flatMap(({ retryOf }) => retryOf ?? []);
    const pipelineIds = [...starts, ...parentRuns].flatMap(({ pipelineId }) => pipelineId ?? []);
    const [ids, lock, pipelines, parents, retried, named] = await Promise.all([
      this.lockPipelinesAndDrawIds(manager, starts.length),
      this.lockTree(manager, starts, waits),
      this.findPipelines(manager, pipelineIds),
      this.findParents(manager, parentIds),
      this.findRetried(manager, retriedIds),
      this.findNamed(manager, parentRuns),
    ]);
    const found = starts.map(({ pipelineId, parent, retryOf, startDate }, index) => ({
      id: ids[index] as number,
      startDate,
      pipeline: pipelines.get(pipelineId),
      parent: parent && 'id' in parent ? parents.get(parent.id) : undefined,
      parentPipeline: parent && !('id' in parent) ? pipelineOf(parent, pipelines, named) : undefined,
      retried: retryOf === null ? undefined : retried.get(retryOf),
    }));
    const timed = found.filter(({ pipeline }) => pipeline?.timeliness_number);
    const deadlines = await this.findDeadlines(manager, timed);
    return { starts: found.map((start) => ({ ...start, deadline: deadlines.get(start.id) ?? null })), lock };
  }

  /** Reserves ids for new executions, and keeps the pipelines that are read afterwards from being deleted. */
  async lockPipelinesAndDrawIds(manager: EntityManager, count: number): Promise<number[]> {
    return (await manager.query<{ id: number }[]>(LOCK_PIPELINES_AND_DRAW_IDS, [count])).map(({ id }) => id);
  }

  /** Reserves ids for new executions. */
  async drawIds(manager: EntityManager, count: number): Promise<number[]> {
    return (await manager.query<{ id: number }[]>(DRAW_IDS, [count])).map(({ id }) => id);
  }

  /** Parents by id. */
  async findParents(manager: EntityManager, ids: readonly number[]): Promise<Map<number, Parent>> {
    if (ids.length === 0) return new Map();
    return byId(await manager.query<Parent[]>(FIND_PARENTS, [[...new Set(ids)]]));
  }

  /** Pipelines by id. */
  async findPipelines(manager: EntityManager, ids: readonly number[]): Promise<Map<number, StartedPipeline>> {
    return byId(await manager.query<StartedPipeline[]>(FIND_STARTED_PIPELINES, [[...new Set(ids)]]));
  }

  /** The pipelines of parents given by pipeline name, by their keys. */
  async findNamed(manager: EntityManager, parents: readonly ParentRun[]): Promise<Map<string, StartedPipeline>> {
    const keys = [...new Set(parents.flatMap((parent) => parent.pipelineKey ?? []))];
    if (keys.length === 0) return new Map();
    const ids = await this.names.idsOf(manager, keys);
    const pipelines = await this.findPipelines(manager, [...ids.values()]);
    return new Map(
      [...ids].flatMap(([key, id]) => {
        const pipeline = pipelines.get(id);
        return pipeline ? [[key, pipeline] as const] : [];
      }),
    );
  }

  /** The pipeline of a parent, if there is one. */
  async findPipelineOf(manager: EntityManager, parent: ParentRun): Promise<StartedPipeline | undefined> {
    const pipelines = await this.findPipelines(manager, parent.pipelineId === undefined ? [] : [parent.pipelineId]);
    return pipelineOf(parent, pipelines, await this.findNamed(manager, [parent]));
  }

  private async findRetried(manager: EntityManager, ids: readonly number[]): Promise<Map<number, RetriedExecution>> {
    return ids.length === 0 ? new Map() : byId(await manager.query<RetriedExecution[]>(FIND_RETRIED, [ids]));
  }

  /** Locks the tree if one of the starts has a parent. */
  private async lockTree(manager: EntityManager, starts: readonly StartToResolve[], waits: boolean): Promise<TreeLock> {
    const children = starts.filter(hasParent);
    if (children.length === 0) return 'none';
    const keyed = children.filter(({ externalId }) => externalId !== null);
    const keys = [keyed.map(({ pipelineId }) => pipelineId), keyed.map(({ externalId }) => externalId)];
    const statement = waits ? LOCK_TREE_FOR_STARTS : TRY_LOCK_TREE_FOR_STARTS;
    const [row] = await manager.query<{ lock: TreeLock }[]>(statement, keys);
    return row?.lock ?? 'busy';
  }

  /** The deadlines of starts whose pipelines have a threshold, by id. */
  async findDeadlines(
    manager: EntityManager,
    timed: readonly { readonly id: number; readonly startDate: Date; readonly pipeline: StartedPipeline | undefined }[],
  ): Promise<Map<number, Date | null>> {
    if (timed.length === 0) return new Map();
    const rows = await manager.query<{ deadline: Date | null }[]>(FIND_DEADLINES, [
      timed.map(({ startDate }) => startDate.toISOString()),
      timed.map(({ pipeline }) => pipeline?.timeliness_number),
      timed.map(({ pipeline }) => pipeline?.timeliness_datepart),
    ]);
    return new Map(rows.map(({ deadline }, index) => [timed[index]?.id as number, deadline]));
  }

  /** Claims each external id permanently for one execution; returns the holders. */
  async claimExternalIds(manager: EntityManager, wanted: readonly ExternalId[]): Promise<ExternalId[]> {
    const sorted = wanted.toSorted(
      (a, b) => a.pipelineId - b.pipelineId || (a.externalId < b.externalId ? -1 : a.externalId > b.externalId ? 1 : 0),
    );
    const pipelineIds = sorted.map((s) => s.pipelineId);
    const externalIds = sorted.map((s) => s.externalId);
    await manager.query(CLAIM_EXTERNAL_IDS, [pipelineIds, externalIds, sorted.map((s) => s.executionId)]);
    const held: { pipeline_id: number; external_id: string; execution_id: number }[] = await manager.query(
      FIND_EXTERNAL_IDS,
      [pipelineIds, externalIds],
    );
    return held.map((h) => ({ pipelineId: h.pipeline_id, externalId: h.external_id, executionId: h.execution_id }));
  }

  /** The only method that inserts executions; runs in a transaction and notifies the closure subscriber. */
  async insert(manager: EntityManager, executions: readonly NewExecution[]): Promise<void> {
    const all = (column: keyof NewExecution): unknown[] => executions.map((execution) => execution[column]);
    const parameters = [
      all('id'),
      all('parentId'),
      all('rootId'),
      all('pipelineId'),
      all('externalId'),
      all('startDate'),
      all('watermark'),
      all('nextWatermark'),
      all('executionMetadata'),
      all('configVersion'),
      all('deadline'),
      all('startReceivedAt'),
      all('attempt'),
      all('retryOf'),
      all('superseded'),
      all('slowAt'),
    ];
    await insertWithSubscribers(manager, ExecutionEntity, executions, { sql: INSERT_EXECUTIONS, parameters });
  }
}

/** Whether a start inserts below another execution, or may do so. */
export function hasParent({ parent, retryOf }: Pick<StartToResolve, 'parent' | 'retryOf'>): boolean {
  return parent !== null || retryOf !== null;
}

/** The pipeline of a parent, if there is one. */
function pipelineOf(
  { pipelineId, pipelineKey }: ParentRun,
  pipelines: ReadonlyMap<number, StartedPipeline>,
  named: ReadonlyMap<string, StartedPipeline>,
): StartedPipeline | undefined {
  return pipelineId === undefined ? named.get(pipelineKey ?? '') : pipelines.get(pipelineId);
}

function byId<Row extends { readonly id: number }>(rows: readonly Row[]): Map<number, Row> {
  return new Map(rows.map((row) => [row.id, row]));
}
