import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { RetentionRunEntity } from './retention-run.entity.js';
import {
  ADD_TO_RUN,
  BEGIN_RUN,
  DELETE_OLD_TREES,
  END_RUN,
  FIND_IDLE_PIPELINES,
  FIND_OLD_TREES,
  FIND_OWN_CUTOFFS,
  FIND_ROOTS,
  FIND_ROOTS_OF_PIPELINE,
  FIND_RUN,
  OLDEST_START,
  TRY_LOCK_CLEAN_UP,
} from './retention.sql.js';

/** What is too old. */
export interface Ages {
  /** The moment that the retention of pipelines and types is subtracted from. */
  readonly now: Date;
  /** Trees of the other pipelines are too old if their last sign of life was before; null: never. */
  readonly before: Date | null;
  /** The same for trees whose root failed, of all pipelines, where that is earlier; null: it is not. */
  readonly failedBefore: Date | null;
  /** The newest roots of each pipeline that stay, however old they are. */
  readonly keepLast: number;
}

/** A tree that can be deleted. */
export interface OldTree {
  readonly rootId: number;
  /** How many it has. */
  readonly executions: number;
}

/** What a transaction has deleted. */
export interface DeletedTrees {
  readonly rootIds: readonly number[];
  readonly executions: number;
  /** Pairs of ancestor and descendant. */
  readonly pairs: number;
  readonly anomalies: number;
}

/** The root of a tree. */
export interface Root {
  readonly id: number;
  readonly pipelineId: number;
  readonly startDate: Date;
}

/** A range of roots to look through. */
export interface RootRange {
  /** Null: all pipelines. */
  readonly pipelineId: number | null;
  readonly before: Date;
}

/** The pipelines with a retention of their own; a cutoff that is null is never. */
export interface OwnCutoff {
  readonly pipelineId: number;
  readonly cutoff: Date | null;
}

/** What is known of the runs. */
export type RetentionRun = Readonly<Omit<RetentionRunEntity, 'id'>>;

/** Finds old trees, and owns `pipeline_day` and `retention_run`. */
@Injectable()
export class RetentionRepository {
  /** See {@link TRY_LOCK_CLEAN_UP}. */
  async tryLock(manager: EntityManager): Promise<boolean> {
    const [row] = await manager.query<{ locked: boolean }[]>(TRY_LOCK_CLEAN_UP);
    return row?.locked ?? false;
  }

  /** See `watcher_retention_cutoffs`. */
  findOwnCutoffs(manager: EntityManager, now: Date): Promise<OwnCutoff[]> {
    return manager.query(FIND_OWN_CUTOFFS, [now]);
  }

  /** The next roots of a range after one of them, oldest first. */
  findRoots(
    manager: EntityManager,
    { pipelineId, before }: RootRange,
    after: Pick<Root, 'id' | 'startDate'>,
    most: number,
  ): Promise<Root[]> {
    const parameters = [before, after.startDate, after.id, most];
    return pipelineId === null
      ? manager.query(FIND_ROOTS, parameters)
      : manager.query(FIND_ROOTS_OF_PIPELINE, [...parameters, pipelineId]);
  }

  /** Those of the trees with these roots that can be deleted. See `watcher_old_trees`. */
  findOld(manager: EntityManager, roots: readonly number[], ages: Ages): Promise<OldTree[]> {
    return manager.query(FIND_OLD_TREES, [roots, ...parametersOf(ages)]);
  }

  /** Deletes those of them, adding them to the sums of their days. See `watcher_delete_old_trees`. */
  async deleteOld(manager: EntityManager, roots: readonly number[], ages: Ages): Promise<DeletedTrees> {
    const [row] = await manager.query<DeletedTrees[]>(DELETE_OLD_TREES, [roots, ...parametersOf(ages)]);
    return row ?? { rootIds: [], executions: 0, pairs: 0, anomalies: 0 };
  }

  /** See {@link FIND_IDLE_PIPELINES}. */
  async findIdlePipelines(manager: EntityManager, afterId: number, before: Date, most: number): Promise<number[]> {
    const rows = await manager.query<{ id: number }[]>(FIND_IDLE_PIPELINES, [afterId, before, most]);
    return rows.map(({ id }) => id);
  }

  /** The start of the oldest root; null if there is none. */
  async oldestStart(manager: EntityManager): Promise<Date | null> {
    const [row] = await manager.query<{ startDate: Date }[]>(OLDEST_START);
    return row?.startDate ?? null;
  }

  /** See {@link BEGIN_RUN}. */
  async beginRun(manager: EntityManager, at: Date): Promise<void> {
    await manager.query(BEGIN_RUN, [at]);
  }

  /** See {@link ADD_TO_RUN}. */
  async addToRun(manager: EntityManager, trees: number, executions: number): Promise<void> {
    await manager.query(ADD_TO_RUN, [trees, executions]);
  }

  /** See {@link END_RUN}. */
  async endRun(manager: EntityManager, at: Date, backlog: number | null): Promise<void> {
    await manager.query(END_RUN, [at, backlog]);
  }

  /** The last run; undefined if there was none. */
  async findRun(manager: EntityManager): Promise<RetentionRun | undefined> {
    const [row] = await manager.query<RetentionRun[]>(FIND_RUN);
    return row;
  }
}

function parametersOf({ now, before, failedBefore, keepLast }: Ages): unknown[] {
  return [now, before, failedBefore, keepLast];
}
