import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import {
  DELETE_EXECUTIONS,
  FIND_ROOTS_OF_PIPELINE,
  HAS_EXECUTIONS,
  IS_IN_OTHER_TREES,
} from './execution-deletion.sql.js';
import { LOCK_PIPELINES } from './pipeline-lock.sql.js';
import { LOCK_TREE } from './tree-lock.sql.js';

/** The SQL that deletes executions. */
@Injectable()
export class ExecutionDeletionRepository {
  /** Takes the tree lock exclusively. */
  async lockTrees(manager: EntityManager): Promise<void> {
    await manager.query(LOCK_TREE);
  }

  /** Takes the two locks exclusively, in the order in which starts take them. */
  async lock(manager: EntityManager): Promise<void> {
    await manager.query(LOCK_PIPELINES);
    await this.lockTrees(manager);
  }

  /** See {@link FIND_ROOTS_OF_PIPELINE}. */
  async findRoots(manager: EntityManager, pipelineId: number, limit: number): Promise<number[]> {
    const rows = await manager.query<{ id: number }[]>(FIND_ROOTS_OF_PIPELINE, [pipelineId, limit]);
    return rows.map(({ id }) => id);
  }

  /** See {@link HAS_EXECUTIONS}. */
  async hasExecutions(manager: EntityManager, pipelineId: number): Promise<boolean> {
    const [row] = await manager.query<{ found: boolean }[]>(HAS_EXECUTIONS, [pipelineId]);
    return row?.found ?? false;
  }

  /** See {@link IS_IN_OTHER_TREES}. */
  async isInOtherTrees(manager: EntityManager, pipelineId: number): Promise<boolean> {
    const [row] = await manager.query<{ found: boolean }[]>(IS_IN_OTHER_TREES, [pipelineId]);
    return row?.found ?? false;
  }

  /** See `watcher_delete_executions`. */
  async delete(manager: EntityManager, ids: readonly number[]): Promise<void> {
    await manager.query(DELETE_EXECUTIONS, [ids]);
  }
}
