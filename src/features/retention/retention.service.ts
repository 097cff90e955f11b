import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { ExecutionDeletionService } from '../execution/execution-deletion.service.js';
import { OldTreeService, sizeOf } from './old-tree.service.js';
import { CleanUpRunningError } from './retention.errors.js';
import { type Ages, type DeletedTrees, type OldTree, RetentionRepository } from './retention.repository.js';
import { RetentionMetrics } from './retention-metrics.js';

/** How long a transaction should take; its size follows from the speed of the one before. */
const TARGET_MS = 60;
const FIRST_BATCH = 1000;
const SMALLEST_BATCH = 100;
/** The pause after a transaction, as a multiple of its duration: starts below others wait for a sixth of the time. */
const PAUSE = 5;
/** How often the connection of the lock is used. */
const ALIVE_MS = 500;

/** What to delete. */
export interface CleanUp {
  readonly ages: Ages;
  /** The most executions of a transaction; a larger tree has one of its own. */
  readonly batchSize: number;
  /** No further transaction begins after that many milliseconds. */
  readonly withinMs: number;
  /** Nor once this aborts. */
  readonly signal?: AbortSignal;
  /** Called in each transaction with what it has deleted. */
  readonly note?: (manager: EntityManager, trees: number, executions: number) => Promise<void>;
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
    private readonly oldTrees: OldTreeService,
    private readonly executions: ExecutionDeletionService,
    private readonly metrics: RetentionMetrics,
  ) {}

  /**
   * Deletes old trees in transactions of its own. The caller's transaction holds the lock that excludes others of the
   * kind; throws {@link CleanUpRunningError} if there is one.
   */
  async cleanUpAlone(manager: EntityManager, what: CleanUp): Promise<CleanedUp> {
    if (!(await this.retention.tryLock(manager))) throw new CleanUpRunningError();
    // A connection that says nothing for two seconds is taken for dead.
    const alive = setInterval(() => void this.retention.tryLock(manager).catch(() => undefined), ALIVE_MS);
    try {
      return await this.cleanUp(what);
    } finally {
      clearInterval(alive);
    }
  }

  /** Deletes old trees. Several at once do no harm: each looks again under the lock. */
  async cleanUp(what: CleanUp): Promise<CleanedUp> {
    const until = performance.now() + what.withinMs;
    const isOver = (): boolean => performance.now() > until || (what.signal?.aborted ?? false);
    let [trees, executions, pairs, anomalies] = [0, 0, 0, 0];
    let most = Math.min(FIRST_BATCH, what.batchSize);
    for await (const found of this.oldTrees.find(what.ages)) {
      for (let rest = found; rest.length > 0;) {
        if (isOver()) return { trees, executions, pairs, anomalies, isComplete: false };
        const batch = firstTrees(rest, most);
        const begun = performance.now();
        const deleted = await this.transactions.run((manager) => this.delete(manager, what, batch));
        const took = performance.now() - begun;
        trees += deleted.rootIds.length;
        executions += deleted.executions;
        pairs += deleted.pairs;
        anomalies += deleted.anomalies;
        const fitting = Math.floor((sizeOf(batch) / took) * TARGET_MS);
        most = Math.min(what.batchSize, 2 * most, Math.max(SMALLEST_BATCH, fitting));
        rest = rest.slice(batch.length);
        await sleep(PAUSE * took);
      }
      if (isOver()) return { trees, executions, pairs, anomalies, isComplete: false };
    }
    return { trees, executions, pairs, anomalies, isComplete: true };
  }

  /** Deletes those of these trees that are still old. */
  private async delete(
    manager: EntityManager,
    { ages, note }: CleanUp,
    trees: readonly OldTree[],
  ): Promise<DeletedTrees> {
    // Before the search: a start in a tree is then either seen, and the tree young, or finds no parent.
    await this.executions.lockTrees(manager);
    const roots = trees.map(({ rootId }) => rootId);
    const deleted = await this.retention.deleteOld(manager, roots, ages);
    const { rootIds, executions } = deleted;
    if (executions === 0) return deleted;
    this.executions.noteDeleted(manager, rootIds);
    await note?.(manager, rootIds.length, executions);
    this.transactions.afterCommit(manager, () => this.metrics.count(rootIds.length, executions));
    return deleted;
  }
}

/** The first trees that have at most `most` executions together, at least one. */
function firstTrees(trees: readonly OldTree[], most: number): readonly OldTree[] {
  let executions = 0;
  const end = trees.findIndex((tree) => (executions += tree.executions) > most);
  return end === -1 ? trees : trees.slice(0, Math.max(1, end));
}
