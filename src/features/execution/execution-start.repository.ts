import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Datepart } from '../pipeline/threshold.entity.js';
import { insertWithSubscribers } from '../../platform/database/insert-with-subscribers.js';
import { ExecutionEntity } from './execution.entity.js';
import {
  CLAIM_EXTERNAL_IDS,
  DRAW_IDS,
  FIND_DEADLINES,
  FIND_EXTERNAL_IDS,
  FIND_PARENTS,
  FIND_STARTED_PIPELINES,
  INSERT_EXECUTIONS,
} from './execution-start.sql.js';

/** A start, as far as the database must know of it. */
export interface StartToResolve {
  readonly pipelineId: number;
  readonly parentId: number | null;
  readonly startDate: Date;
}

/** What a start needs to know of its pipeline; the threshold is its type's where it has none of its own. */
export interface StartedPipeline {
  readonly id: number;
  readonly watermark: string | null;
  readonly next_watermark: string | null;
  readonly config_version: number;
  readonly timeliness_number: number | null;
  readonly timeliness_datepart: Datepart | null;
}

export interface Parent {
  readonly id: number;
  readonly root_id: number;
}

/** What the database knows of a start: no pipeline and no parent where there is none such. */
export interface ResolvedStart {
  readonly id: number;
  readonly pipeline: StartedPipeline | undefined;
  readonly parent: Parent | undefined;
  readonly deadline: Date | null;
}

/** A caller's own id of a run, and the execution that is to have it. */
export interface ExternalId {
  readonly pipelineId: number;
  readonly externalId: string;
  readonly executionId: number;
}

/** An execution about to be inserted, its id drawn already. */
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
  | 'attempt'
  | 'retryOf'
  | 'superseded'
  | 'startDateEstimated'
>;

/** The SQL that starts executions; writes only inside the caller's transaction. */
@Injectable()
export class ExecutionStartRepository {
  /** Looks up what a batch of starts needs to know, with an id for each, in their order; no lookup needs another's answer. */
  async resolveStarts(manager: EntityManager, starts: readonly StartToResolve[]): Promise<ResolvedStart[]> {
    const parentIds = new Set(starts.flatMap(({ parentId }) => parentId ?? []));
    const [ids, pipelines, parents] = await Promise.all([
      manager.query<{ id: number }[]>(DRAW_IDS, [starts.length]),
      manager.query<StartedPipeline[]>(FIND_STARTED_PIPELINES, [[...new Set(starts.map((s) => s.pipelineId))]]),
      parentIds.size > 0 ? manager.query<Parent[]>(FIND_PARENTS, [[...parentIds]]) : [],
    ]);
    const pipelineById = new Map(pipelines.map((pipeline) => [pipeline.id, pipeline]));
    const parentById = new Map(parents.map((parent) => [parent.id, parent]));
    const found = starts.map(({ pipelineId, parentId, startDate }, index) => ({
      id: ids[index]?.id as number,
      startDate,
      pipeline: pipelineById.get(pipelineId),
      parent: parentId === null ? undefined : parentById.get(parentId),
    }));
    const timed = found.filter(({ pipeline }) => pipeline?.timeliness_number);
    const deadlines = await this.findDeadlines(manager, timed);
    return found.map((start) => ({ ...start, deadline: deadlines.get(start.id) ?? null }));
  }

  /** By execution. */
  private async findDeadlines(
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

  /** Gives each external id to one execution for good; answers with who holds them then. */
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

  /** The one way in which executions are inserted, only inside a transaction; the closure's subscriber hears of each. */
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
    ];
    await insertWithSubscribers(manager, ExecutionEntity, executions, { sql: INSERT_EXECUTIONS, parameters });
  }
}
