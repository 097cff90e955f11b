import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { writtenMeanwhile } from '../../platform/database/database-errors.js';
import { EXECUTION_LONG_COLUMNS, type ExecutionEntity } from './execution.entity.js';
import type { EndedExecution } from './execution.events.js';
import { durationSeconds, throughput } from './execution-measures.js';
import {
  COUNT_OPEN,
  FLAG_ANOMALIES,
  FIND_ALL_WITH_CHILDREN,
  FIND_ENDING,
  FIND_EXECUTIONS,
  FIND_WITH_CHILDREN,
  MERGE_METADATA,
  MOVE_DEADLINES_CHANGED_SINCE,
  MOVE_DEADLINES_OF_PIPELINE,
  MOVE_DEADLINES_OF_TYPE,
  GLANCE_AT_EXECUTIONS,
  OUTLINE_EXECUTIONS,
  SET_NEXT_WATERMARK_OF_ONLY_RUN,
  UPDATE_ENDED,
} from './execution.sql.js';
import { LOCK_TREE } from './tree-lock.sql.js';

/** The few columns of an execution that other questions show. */
export type ExecutionGlance = Pick<
  ExecutionEntity,
  'id' | 'rootId' | 'pipelineId' | 'status' | 'startDate' | 'endDate' | 'completedSuccessfully'
>;

/** The pipeline of an execution, and whether it has a `next_watermark` of its own. */
export interface ExecutionOutline {
  readonly id: number;
  readonly pipelineId: number;
  readonly hasNextWatermark: boolean;
}

/** An execution about to end. */
export type EndingExecution = ExecutionEntity &
  Pick<EndedExecution, 'hadEnd' | 'isBelowExpected'> & {
    /** The metadata from its end. */
    addedMetadata?: Record<string, unknown> | undefined;
  };

/** An execution with its end applied, and the `next_watermark` that it had when it was read. */
export interface EndedRow {
  readonly execution: EndingExecution;
  readonly nextWatermarkBefore: string | null;
  /** When the end was received; null if it was not reported. */
  readonly receivedAt: Date | null;
}

/** Owns the SQL of `pipeline_execution`, except that of starts; writes only in the caller's transaction. */
@Injectable()
export class ExecutionRepository {
  /** Returns the existing ones, in no particular order. */
  findByIds(manager: EntityManager, ids: readonly number[]): Promise<ExecutionEntity[]> {
    return manager.query(FIND_EXECUTIONS, [ids]);
  }

  glance(manager: EntityManager, ids: readonly number[]): Promise<ExecutionGlance[]> {
    return manager.query(GLANCE_AT_EXECUTIONS, [ids]);
  }

  /** See {@link OUTLINE_EXECUTIONS}. */
  outline(manager: EntityManager, ids: readonly number[]): Promise<ExecutionOutline[]> {
    return manager.query(OUTLINE_EXECUTIONS, [ids]);
  }

  /** The same, with the fields that ends need. */
  findEnding(manager: EntityManager, ids: readonly number[]): Promise<EndingExecution[]> {
    return manager.query(FIND_ENDING, [ids]);
  }

  /** Locks the tree exclusively against inserts below other executions and against moves. */
  async lockTree(manager: EntityManager): Promise<void> {
    await manager.query(LOCK_TREE);
  }

  /** Merges metadata into that of an execution; null clears it. */
  async mergeMetadata(manager: EntityManager, id: number, metadata: Record<string, unknown> | null): Promise<void> {
    await manager.query(MERGE_METADATA, [id, metadata]);
  }

  /**
   * Writes ends. If another transaction has ended or moved one of the executions or changed its `next_watermark` since
   * it was read, throws a serialization failure, and the transaction runs again.
   */
  async updateEnded(manager: EntityManager, ended: readonly EndedRow[]): Promise<void> {
    const items = ended
      .toSorted((a, b) => a.execution.id - b.execution.id)
      .map(({ execution, nextWatermarkBefore, receivedAt }) => ({
        id: execution.id,
        parent_id: execution.parentId,
        root_id: execution.rootId,
        end_date: execution.endDate,
        end_received_at: receivedAt,
        status: execution.status,
        completed_successfully: execution.completedSuccessfully,
        inserts: execution.inserts,
        updates: execution.updates,
        soft_deletes: execution.softDeletes,
        total_rows: execution.totalRows,
        added_metadata: execution.addedMetadata,
        next_watermark: execution.nextWatermark,
        next_watermark_before: nextWatermarkBefore,
        error_message: execution.errorMessage,
        end_hash: execution.endHash,
        duration_seconds: durationSeconds(execution),
        throughput: throughput(execution),
      }));
    const [, written]: [unknown, number] = await manager.query(UPDATE_ENDED, [
      JSON.stringify(items),
      items.map(({ id }) => id),
    ]);
    if (written !== items.length) throw writtenMeanwhile('an execution');
  }

  /** The number of open executions, counted up to 100,000. */
  async countOpen(manager: EntityManager): Promise<number> {
    const [row] = await manager.query<{ open: number }[]>(COUNT_OPEN);
    return row?.open ?? 0;
  }

  /** See {@link SET_NEXT_WATERMARK_OF_ONLY_RUN}. */
  setNextWatermarkOfOnlyRun(manager: EntityManager, pipelineId: number, next: string | null): Promise<Written[]> {
    return written(manager, SET_NEXT_WATERMARK_OF_ONLY_RUN, [pipelineId, next]);
  }

  /** See {@link MOVE_DEADLINES_OF_PIPELINE}. */
  moveDeadlinesOfPipeline(manager: EntityManager, pipelineId: number): Promise<Written[]> {
    return written(manager, MOVE_DEADLINES_OF_PIPELINE, [pipelineId]);
  }

  /** See {@link MOVE_DEADLINES_OF_TYPE}. */
  moveDeadlinesOfType(manager: EntityManager, pipelineTypeId: number): Promise<Written[]> {
    return written(manager, MOVE_DEADLINES_OF_TYPE, [pipelineTypeId]);
  }

  /** See {@link MOVE_DEADLINES_CHANGED_SINCE}. */
  moveDeadlinesChangedSince(manager: EntityManager, since: Date): Promise<Written[]> {
    return written(manager, MOVE_DEADLINES_CHANGED_SINCE, [since]);
  }

  /** See {@link FLAG_ANOMALIES}. */
  flagAnomalies(manager: EntityManager, flags: ReadonlyMap<number, Record<string, boolean>>): Promise<Written[]> {
    const sorted = [...flags].toSorted(([a], [b]) => a - b);
    const objects = sorted.map(([, metrics]) => JSON.stringify(metrics));
    return written(manager, FLAG_ANOMALIES, [sorted.map(([id]) => id), objects]);
  }

  async findById(manager: EntityManager, id: number): Promise<ExecutionEntity | undefined> {
    return (await this.findByIds(manager, [id]))[0];
  }

  /**
   * For each id the execution, if it exists, followed by its children, oldest first, but no more than `maxChildren` of
   * them. Usually one statement for all.
   */
  async findWithChildren(
    manager: EntityManager,
    ids: readonly number[],
    maxChildren: number,
  ): Promise<(readonly ExecutionEntity[])[]> {
    const unique = [...new Set(ids)];
    const [id, second] = unique;
    if (id !== undefined && second === undefined) {
      const found = await this.findOneWithChildren(manager, id, maxChildren);
      return ids.map(() => found);
    }
    const rows: ChildRow[] = await manager.query(FIND_ALL_WITH_CHILDREN, [unique, maxChildren]);
    EXECUTION_LONG_COLUMNS.noted(rows);
    const children = rows.filter(({ isChild }) => isChild);
    if (children.length === maxChildren) {
      // Some have many children, and are missing some of them: each is read by itself.
      const found = new Map<number, readonly ExecutionEntity[]>();
      for (const one of unique) found.set(one, await this.findOneWithChildren(manager, one, maxChildren));
      return ids.map((one) => found.get(one) ?? []);
    }
    const byId = new Map(rows.filter(({ isChild }) => !isChild).map((top) => [top.id, top]));
    const byParent = Map.groupBy(children, ({ parentId }) => parentId);
    return ids.map((one) => {
      const top = byId.get(one);
      return top ? [top, ...(byParent.get(one) ?? []).toSorted(byStart)] : [];
    });
  }

  private async findOneWithChildren(
    manager: EntityManager,
    id: number,
    maxChildren: number,
  ): Promise<readonly ExecutionEntity[]> {
    const found = EXECUTION_LONG_COLUMNS.noted(await manager.query(FIND_WITH_CHILDREN, [id, maxChildren]));
    const top = found.filter((execution) => execution.id === id);
    return top.concat(found.filter((execution) => execution.id !== id));
  }
}

/** An execution that a statement wrote. */
type Written = Pick<ExecutionEntity, 'id' | 'rootId'>;

async function written(manager: EntityManager, statement: string, parameters: unknown[]): Promise<Written[]> {
  const [rows]: [Written[], number] = await manager.query(statement, parameters);
  return rows;
}

type ChildRow = ExecutionEntity & { readonly isChild: boolean; readonly long_values: number };

function byStart(a: ExecutionEntity, b: ExecutionEntity): number {
  return a.startDate.getTime() - b.startDate.getTime() || a.id - b.id;
}
