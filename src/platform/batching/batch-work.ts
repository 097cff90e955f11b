import type { EntityManager } from 'typeorm';
import { isUnavailable } from '../database/database-errors.js';
import type { TransactionRunner } from '../database/transaction-runner.js';
import { GroupCommit, type GroupCommitLimits, type GroupCommitObserver } from './group-commit.js';

/** What is done with the items of a batch, in the two parts of a transaction (see `TransactionWork`). */
export interface BatchWork<Item, Loaded, Result> {
  /** Reads what the items are about, for all of them at once; writes nothing. */
  load(manager: EntityManager, items: readonly Item[]): Promise<Loaded>;
  /**
   * Does the items that it is given, all that were loaded or some; each statement is awaited before the next. The
   * results are in the order of the items. What is wrong with one item is its result, and disturbs no other.
   */
  apply(manager: EntityManager, items: readonly Item[], loaded: Loaded): Promise<readonly Result[]>;
}

/** How batches are committed: by whom, how large, and who watches. */
export interface BatchSetup {
  readonly transactions: TransactionRunner;
  readonly limits: GroupCommitLimits;
  readonly observer: GroupCommitObserver<unknown>;
}

/** Items that arrive together share one transaction. */
export function commitInBatches<Item, Loaded, Result>(
  { transactions, limits, observer }: BatchSetup,
  work: BatchWork<Item, Loaded, Result>,
): GroupCommit<Item, Result> {
  const commit = (items: readonly Item[], lockTimeoutMs: number): Promise<readonly Result[]> =>
    transactions.runBatch(
      {
        load: (manager) => work.load(manager, items),
        apply: (manager, loaded) => work.apply(manager, items, loaded),
      },
      lockTimeoutMs,
    );
  return new GroupCommit(limits, commit, isUnavailable, observer);
}
