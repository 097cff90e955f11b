import { Injectable } from '@nestjs/common';
import type { EntityManager, SelectQueryBuilder } from 'typeorm';

import { nameKey } from '../common/name.js';
import { momentAt, type Page, pageLimit, positionOf, toPage } from '../common/page.js';
import type { ListExecutionsQuery } from './execution.dto.js';
import { ExecutionEntity, selectExecutions, STATUS_CONDITIONS } from './execution.entity.js';
import {
  COUNT_OPEN,
  FIND_EXECUTION,
  FIND_WITH_CHILDREN,
  LOCK_EXECUTIONS,
  MOVE_DEADLINES_CHANGED_SINCE,
  MOVE_DEADLINES_OF_PIPELINE,
  MOVE_DEADLINES_OF_TYPE,
  UPDATE_ENDED,
} from './execution.sql.js';

/** An execution as the statements read it. */
type ExecutionRow = Omit<ExecutionEntity, 'pipeline'> & { readonly pipelineName: string };

/** Owns the SQL of `pipeline_execution`, but for the starts' own; writes only inside the caller's transaction. */
@Injectable()
export class ExecutionRepository {
  /** See {@link LOCK_EXECUTIONS}. */
  async lock(manager: EntityManager, ids: readonly number[]): Promise<ExecutionEntity[]> {
    return (await manager.query<ExecutionRow[]>(LOCK_EXECUTIONS, [ids])).map(toEntity);
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

  async findById(manager: EntityManager, id: number): Promise<ExecutionEntity | undefined> {
    return (await manager.query<ExecutionRow[]>(FIND_EXECUTION, [id])).map(toEntity)[0];
  }

  /** The execution, if there is one, and at most so many of its children, newest first. */
  async findWithChildren(
    manager: EntityManager,
    id: number,
    maxChildren: number,
  ): Promise<{ execution: ExecutionEntity | undefined; children: ExecutionEntity[] }> {
    const rows = (await manager.query<ExecutionRow[]>(FIND_WITH_CHILDREN, [id, maxChildren])).map(toEntity);
    return { execution: rows.find((row) => row.id === id), children: rows.filter((row) => row.id !== id) };
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
      rows.andWhere('e.pipelineId = (SELECT n.id FROM pipeline n WHERE n.name_key = :pipelineName)', {
        pipelineName: nameKey(query.pipeline_name),
      });
    }
    if (query.status !== undefined) rows.andWhere(STATUS_CONDITIONS[query.status]);
    if (query.parent_id !== undefined) rows.andWhere('e.parentId = :parentId', { parentId: query.parent_id });
    if (query.root !== undefined) rows.andWhere(query.root ? 'e.parentId IS NULL' : 'e.parentId IS NOT NULL');
    if (query.start_date_gte !== undefined) rows.andWhere('e.startDate >= :from', { from: query.start_date_gte });
    if (query.start_date_lt !== undefined) rows.andWhere('e.startDate < :to', { to: query.start_date_lt });
  }
}

function toEntity({ pipelineName, ...execution }: ExecutionRow): ExecutionEntity {
  return { ...execution, pipeline: { id: execution.pipelineId, name: pipelineName } };
}
