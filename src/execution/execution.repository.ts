import { Injectable } from '@nestjs/common';
import type { EntityManager, QueryDeepPartialEntity, SelectQueryBuilder } from 'typeorm';

import { momentAt, type Page, pageLimit, positionOf, toPage } from '../common/page.js';
import type { ListExecutionsQuery } from './execution.dto.js';
import { ExecutionEntity, selectExecutions, STATUS_CONDITIONS } from './execution.entity.js';
import {
  CLAIM_EXTERNAL_IDS,
  COUNT_OPEN,
  FIND_EXTERNAL_IDS,
  MOVE_DEADLINES_CHANGED_SINCE,
  MOVE_DEADLINES_OF_PIPELINE,
  MOVE_DEADLINES_OF_TYPE,
  RESOLVE_STARTS,
  UPDATE_ENDED,
} from './execution.sql.js';

/** What the database knows of a start: null where its pipeline or its parent isn't there. */
export interface ResolvedStart {
  readonly id: number;
  readonly pipeline_id: number | null;
  readonly watermark: string | null;
  readonly next_watermark: string | null;
  readonly config_version: number;
  readonly deadline: Date | null;
  readonly parent_id: number | null;
  readonly parent_root_id: number | null;
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
  | 'pipeline'
  | 'endDate'
  | 'completedSuccessfully'
  | 'inserts'
  | 'updates'
  | 'softDeletes'
  | 'totalRows'
  | 'errorMessage'
  | 'endHash'
>;

/** Owns all SQL of `pipeline_execution` and of the external ids; writes only inside the caller's transaction. */
@Injectable()
export class ExecutionRepository {
  resolveStarts(
    manager: EntityManager,
    starts: readonly { readonly pipelineId: number; readonly parentId: number | null; readonly startDate: Date }[],
  ): Promise<ResolvedStart[]> {
    return manager.query(RESOLVE_STARTS, [
      starts.map((s) => s.pipelineId),
      starts.map((s) => s.parentId),
      starts.map((s) => s.startDate.toISOString()),
    ]);
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

  /**
   * The one way in which executions are inserted: through TypeORM, so that the closure's subscriber
   * hears of each. Only inside a transaction.
   */
  async insert(manager: EntityManager, executions: readonly NewExecution[]): Promise<void> {
    await manager
      .createQueryBuilder()
      .insert()
      .into(ExecutionEntity)
      .values(executions.map(withoutNulls))
      .updateEntity(false)
      .execute();
  }

  /** The executions, locked in the order of their ids, so that two batches can't wait for each other. */
  lock(manager: EntityManager, ids: readonly number[]): Promise<ExecutionEntity[]> {
    return selectExecutions(manager)
      .where('e.id = ANY(:ids::bigint[])', { ids })
      .orderBy('e.id')
      .setLock('for_no_key_update', undefined, ['e'])
      .getMany();
  }

  /** Writes the ends that were put into locked executions. */
  async updateEnded(manager: EntityManager, ended: readonly ExecutionEntity[]): Promise<void> {
    const items = ended.map((execution) => ({
      id: execution.id,
      end_date: execution.endDate,
      completed_successfully: execution.completedSuccessfully,
      inserts: execution.inserts,
      updates: execution.updates,
      soft_deletes: execution.softDeletes,
      total_rows: execution.totalRows,
      execution_metadata: execution.executionMetadata,
      error_message: execution.errorMessage,
      end_hash: execution.endHash,
    }));
    await manager.query(UPDATE_ENDED, [JSON.stringify(items)]);
  }

  /** How many are open; at most 100,000. */
  async countOpen(manager: EntityManager): Promise<number> {
    const [row] = await manager.query<{ open: number }[]>(COUNT_OPEN);
    return row?.open ?? 0;
  }

  /** See {@link MOVE_DEADLINES_OF_PIPELINE}. */
  async moveDeadlinesOfPipeline(manager: EntityManager, pipelineId: number): Promise<void> {
    await manager.query(MOVE_DEADLINES_OF_PIPELINE, [pipelineId]);
  }

  /** See {@link MOVE_DEADLINES_OF_TYPE}. */
  async moveDeadlinesOfType(manager: EntityManager, pipelineTypeId: number): Promise<void> {
    await manager.query(MOVE_DEADLINES_OF_TYPE, [pipelineTypeId]);
  }

  /** See {@link MOVE_DEADLINES_CHANGED_SINCE}. */
  async moveDeadlinesChangedSince(manager: EntityManager, since: Date): Promise<void> {
    await manager.query(MOVE_DEADLINES_CHANGED_SINCE, [since]);
  }

  findById(manager: EntityManager, id: number): Promise<ExecutionEntity | null> {
    return selectExecutions(manager).where('e.id = :id', { id }).getOne();
  }

  /** Newest first; each filter has its index, see the entity. */
  async list(manager: EntityManager, query: ListExecutionsQuery): Promise<Page<ExecutionEntity>> {
    const rows = selectExecutions(manager)
      .orderBy('e.startDate', 'DESC')
      .addOrderBy('e.id', 'DESC')
      .limit(pageLimit(query) + 1);
    this.filter(rows, query);
    const [start, id] = positionOf(query, 2) ?? [];
    if (start !== undefined) {
      rows.andWhere('(e.startDate, e.id) < (:start::timestamptz, :id::bigint)', { start: momentAt(start), id });
    }
    return toPage(await rows.getMany(), query, (execution) => [execution.startDate.getTime(), execution.id]);
  }

  private filter(rows: SelectQueryBuilder<ExecutionEntity>, query: ListExecutionsQuery): void {
    if (query.pipeline_id !== undefined) rows.andWhere('e.pipelineId = :pipelineId', { pipelineId: query.pipeline_id });
    if (query.pipeline_name !== undefined) {
      // A scalar sub-select, so that the planner sees one pipeline and takes that pipeline's index.
      rows.andWhere('e.pipelineId = (SELECT n.id FROM pipeline n WHERE lower(n.name) = lower(:pipelineName))', {
        pipelineName: query.pipeline_name,
      });
    }
    if (query.status !== undefined) rows.andWhere(STATUS_CONDITIONS[query.status]);
    if (query.parent_id !== undefined) rows.andWhere('e.parentId = :parentId', { parentId: query.parent_id });
    if (query.root !== undefined) rows.andWhere(query.root ? 'e.parentId IS NULL' : 'e.parentId IS NOT NULL');
    if (query.start_date_gte !== undefined) rows.andWhere('e.startDate >= :from', { from: query.start_date_gte });
    if (query.start_date_lt !== undefined) rows.andWhere('e.startDate < :to', { to: query.start_date_lt });
  }
}

/** A column left out is written as DEFAULT, which is null here, and costs no parameter. */
function withoutNulls(execution: NewExecution): QueryDeepPartialEntity<ExecutionEntity> {
  return Object.fromEntries(Object.entries(execution).filter(([, value]) => value !== null));
}
