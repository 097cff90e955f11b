import { Injectable } from '@nestjs/common';
import type { EntityManager, SelectQueryBuilder } from 'typeorm';

import { momentAt, type Page, pageLimit, positionOf, toPage } from '../../platform/http/page.js';
import { writtenMeanwhile } from '../../platform/database/database-errors.js';
import { PipelineNameService } from '../pipeline/pipeline-name.service.js';
import type { ListExecutionsQuery } from './execution.dto.js';
import { ExecutionEntity, selectExecutions } from './execution.entity.js';
import type { EndedExecution } from './execution.events.js';
import { durationSeconds, throughput } from './execution-measures.js';
import { STATUS_CONDITIONS } from './execution-status.js';
import {
  COUNT_OPEN,
  FIND_ENDING,
  FIND_EXECUTIONS,
  FIND_WITH_CHILDREN,
  MERGE_METADATA,
  MOVE_DEADLINES_CHANGED_SINCE,
  MOVE_DEADLINES_OF_PIPELINE,
  MOVE_DEADLINES_OF_TYPE,
  UPDATE_ENDED,
} from './execution.sql.js';
import { LOCK_TREE } from './tree-lock.sql.js';

/** An execution that is about to end. */
export type EndingExecution = ExecutionEntity &
  Pick<EndedExecution, 'hadEnd' | 'isBelowExpected'> & {
    /** The metadata that its end adds. */
    addedMetadata?: Record<string, unknown> | undefined;
  };

/** Owns the SQL of `pipeline_execution`, but for the starts' own; writes only inside the caller's transaction. */
@Injectable()
export class ExecutionRepository {
  constructor(private readonly pipelines: PipelineNameService) {}

  /** Those that there are, in no order. */
  findByIds(manager: EntityManager, ids: readonly number[]): Promise<ExecutionEntity[]> {
    return manager.query(FIND_EXECUTIONS, [ids]);
  }

  /** The same, for ends to be written. */
  findEnding(manager: EntityManager, ids: readonly number[]): Promise<EndingExecution[]> {
    return manager.query(FIND_ENDING, [ids]);
  }

  /** Locks the tree against everybody who inserts executions below others, or moves them. */
  async lockTree(manager: EntityManager): Promise<void> {
    await manager.query(LOCK_TREE);
  }

  /** Merges metadata over that of an execution; null clears it. */
  async mergeMetadata(manager: EntityManager, id: number, metadata: Record<string, unknown> | null): Promise<void> {
    await manager.query(MERGE_METADATA, [id, metadata]);
  }

  /**
   * Writes the ends that were put into executions which had none when they were read. Where somebody else has ended or
   * moved one of them since, it throws a serialization failure, after which the whole transaction runs again.
   */
  async updateEnded(manager: EntityManager, ended: readonly EndingExecution[]): Promise<void> {
    const items = ended
      .toSorted((a, b) => a.id - b.id)
      .map((execution) => ({
        id: execution.id,
        parent_id: execution.parentId,
        root_id: execution.rootId,
        end_date: execution.endDate,
        status: execution.status,
        completed_successfully: execution.completedSuccessfully,
        inserts: execution.inserts,
        updates: execution.updates,
        soft_deletes: execution.softDeletes,
        total_rows: execution.totalRows,
        added_metadata: execution.addedMetadata,
        error_message: execution.errorMessage,
        end_hash: execution.endHash,
        duration_seconds: durationSeconds(execution),
        throughput: throughput(execution),
      }));
    const [, written]: [unknown, number] = await manager.query(UPDATE_ENDED, [JSON.stringify(items)]);
    if (written !== items.length) throw writtenMeanwhile('an execution');
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
    return (await this.findByIds(manager, [id]))[0];
  }

  /** The execution, if there is one, and at most so many of its children, newest first. */
  async findWithChildren(
    manager: EntityManager,
    id: number,
    maxChildren: number,
  ): Promise<{ execution: ExecutionEntity | undefined; children: ExecutionEntity[] }> {
    const rows: ExecutionEntity[] = await manager.query(FIND_WITH_CHILDREN, [id, maxChildren]);
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
    const executions = await this.pipelines.name(manager, await rows.getMany());
    return toPage(executions, query, (execution) => [execution.startDate.getTime(), execution.id]);
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
