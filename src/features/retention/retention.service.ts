import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { ExecutionDeletionService } from '../execution/execution-deletion.service.js';
import { CleanUpRunningError } from './retention.errors.js';
import { type OldTree, RetentionRepository, type RootPosition } from './retention.repository.js';

/** The most trees that one transaction looks at, and how many the first one does; starts and moves wait for it. */
const MOST_TREES = 1000;
const FIRST_TREES = 100;
/** How often the connection of the lock is used. */
const ALIVE_MS = 500;
/** The position before all roots. */
const OLDEST: RootPosition = { start: new Date('0001-01-01T00:00:00Z'), id: 0 };

/** What to delete. */
export interface CleanUp {
  /** Trees whose last sign of life was before. */
  readonly before: Date;
  /** The newest roots of each pipeline that stay, however old they are. */
  readonly keepLast: number;
  /** The most executions of a transaction; a larger tree has one of its own. */
  readonly batchSize: number;
  /** No further transaction begins after that many milliseconds. */
  readonly withinMs: number;
}

/** What was deleted. */
export interface CleanedUp {
  readonly trees: number;
  readonly executions: number;
  /** Pairs of ancestor and descendant. */
  readonly pairs: number;
  readonly anomalies: number;
  /** False if the time was over before all old trees were deleted. */
  readonly isComplete: boolean;
}

/**
 * Deletes old trees, whole trees only, some in each transaction. The same transaction adds their executions to the sums
 * of their days, so that reports by day do not change.
 */
@Injectable()
export class RetentionService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly retention: RetentionRepository,
    private readonly executions: ExecutionDeletionService,
  ) {}

  /**
   * Deletes old trees in transactions of its own. The caller's transaction holds the lock that excludes other clean-ups;
   * throws {@link CleanUpRunningError} if there is one.
   */
  async cleanUp(manager: EntityManager, what: CleanUp): Promise<CleanedUp> {
    if (!(await this.retention.tryLock(manager))) throw new CleanUpRunningError();
    // A connection that says nothing for two seconds is taken for dead.
    const alive = setInterval(() => void this.retention.tryLock(manager).catch(() => undefined), ALIVE_MS);
    try {
      return await this.deleteAll(what);
    } finally {
      clearInterval(alive);
    }
  }

  private async deleteAll(what: CleanUp): Promise<CleanedUp> {
    const until = performance.now() + what.withinMs;
    let [trees, executions, pairs, anomalies] = [0, 0, 0, 0];
    let most = FIRST_TREES;
    for (let after: RootPosition | undefined = OLDEST; after;) {
      const begun = performance.now();
      if (begun > until) return { trees, executions, pairs, anomalies, isComplete: false };
      const position: RootPosition = after;
      const batch = await this.transactions.run((own) => this.deleteNext(own, what, position, most));
      trees += batch.deleted.length;
      executions += batch.deleted.reduce((sum, { executionIds }) => sum + executionIds.length, 0);
      pairs += batch.deleted.reduce((sum, tree) => sum + tree.pairs, 0);
      anomalies += batch.deleted.reduce((sum, tree) => sum + tree.anomalies, 0);
      after = batch.last;
      most = Math.min(MOST_TREES, Math.max(1, Math.floor(what.batchSize / batch.treeSize)));
      // As long as starts have waited, they go first.
      if (after) await sleep(performance.now() - begun);
    }
    return { trees, executions, pairs, anomalies, isComplete: true };
  }

  /**
   * Deletes the next trees, at most `most`; `last` is the position to continue at, undefined if there are no more.
   * `treeSize`: how many executions a tree has on average.
   */
  private async deleteNext(
    manager: EntityManager,
    { before, keepLast, batchSize }: CleanUp,
    after: RootPosition,
    most: number,
  ): Promise<{ deleted: readonly OldTree[]; last: RootPosition | undefined; treeSize: number }> {
    // Before the search: a start in a tree is then either seen, and the tree young, or finds no parent.
    await this.executions.lock(manager);
    const found = await this.retention.findOldTrees(manager, before, after, keepLast, most);
    const seen = firstTrees(found, batchSize);
    const deleted = seen.filter(({ isOld }) => isOld);
    const ids = deleted.flatMap(({ executionIds }) => executionIds);
    if (ids.length > 0) {
      await this.retention.addToDays(manager, ids);
      await this.executions.delete(manager, ids);
    }
    const last = seen.length < found.length || found.length === most ? seen.at(-1) : undefined;
    const size = found.reduce((sum, { executionIds }) => sum + executionIds.length, 0);
    return {
      deleted,
      last: last && { start: last.startDate, id: last.rootId },
      treeSize: size / Math.max(1, found.length),
    };
  }
}

/** The first trees that have at most `most` old executions together, at least one. */
function firstTrees(trees: readonly OldTree[], most: number): readonly OldTree[] {
  let executions = 0;
  const end = trees.findIndex(({ isOld, executionIds }) => {
    if (isOld) executions += executionIds.length;
    return executions > most;
  });
  return end === -1 ? trees : trees.slice(0, Math.max(1, end));
}
