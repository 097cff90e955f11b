import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ADD_TO_DAYS, FIND_OLD_TREES, TRY_LOCK_CLEAN_UP } from './retention.sql.js';

/** A tree whose root is old. */
export interface OldTree {
  readonly rootId: number;
  readonly startDate: Date;
  readonly executionIds: readonly number[];
  /** How many pairs of ancestor and descendant it has. */
  readonly pairs: number;
  /** How many anomalies its executions have. */
  readonly anomalies: number;
  /** Whether all of it is, so that it can be deleted. */
  readonly isOld: boolean;
}

/** A position in the roots by start. */
export interface RootPosition {
  readonly start: Date;
  readonly id: number;
}

/** Finds old trees, and owns `pipeline_day`. */
@Injectable()
export class RetentionRepository {
  /** See {@link TRY_LOCK_CLEAN_UP}. */
  async tryLock(manager: EntityManager): Promise<boolean> {
    const [row] = await manager.query<{ locked: boolean }[]>(TRY_LOCK_CLEAN_UP);
    return row?.locked ?? false;
  }

  /** See `watcher_old_trees`. */
  findOldTrees(
    manager: EntityManager,
    cutoff: Date,
    after: RootPosition,
    keepLast: number,
    most: number,
  ): Promise<OldTree[]> {
    return manager.query(FIND_OLD_TREES, [cutoff, after.start, after.id, keepLast, most]);
  }

  /** See {@link ADD_TO_DAYS}. */
  async addToDays(manager: EntityManager, ids: readonly number[]): Promise<void> {
    await manager.query(ADD_TO_DAYS, [ids]);
  }
}
