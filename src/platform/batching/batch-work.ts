import type { EntityManager } from 'typeorm';
import { databaseBusy, isLockTimeout, isUnavailable } from '../database/database-errors.js';
import type { TransactionRunner } from '../database/transaction-runner.js';
import {
  type CommitTry,
  GroupCommit,
  type GroupCommitLimits,
  type GroupCommitObserver,
  LEFT_OUT,
} from './group-commit.js';

/** The work on a batch, in the two parts of a transaction (see `TransactionWork`). */
export interface BatchWork<Item, Loaded, Result> {
  /** Reads the data that the items need, for all of them at once. Writes nothing and waits for no row lock. */
  load(manager: EntityManager, items: readonly Item[]): Promise<Loaded>;
  /**
   * Processes the items passed, which are all of the loaded ones or some; awaits each statement before the next.
   * Returns results in the order of the items. An invalid item gets a refusal as its result and does not affect the
   * others.
   */
  apply(manager: EntityManager, items: readonly Item[], loaded: Loaded): Promise<readonly Result[]>;
  /**
   * Names the rows that an item will lock and that other sessions may hold. An item whose rows are locked is set aside
   * so that it does not delay the others. Empty for an item that locks nothing.
   */
  rowsOf(item: Item, loaded: Loaded): readonly string[];
}

/** How batches are committed: the runner, the limits, and the observer. */
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
  const commit = (
    items: readonly Item[],
    { lockTimeoutMs, leavesOut }: CommitTry,
  ): Promise<readonly (Result | typeof LEFT_OUT)[]> =>
    transactions.runBatch(
      {
        load: (manager) => work.load(manager, items).catch(throwTableLock),
        apply: async (manager, loaded) => {
          const kept = items.filter((item, index) => !leavesOut(index, work.rowsOf(item, loaded)));
          const results = kept.length > 0 ? await work.apply(manager, kept, loaded) : [];
          if (kept.length === items.length) return results;
          const byItem = new Map(kept.map((item, index) => [item, results[index] as Result]));
          return items.map((item) => (byItem.has(item) ? (byItem.get(item) as Result) : LEFT_OUT));
        },
      },
      lockTimeoutMs,
    );
  const errors = { isCommon: isUnavailable, isLock: isLockTimeout, refusal: databaseBusy };
  return new GroupCommit(limits, commit, errors, observer);
}

/** A read waits for no row lock, only for a lock on a whole table, which affects all items alike. */
function throwTableLock(error: unknown): never {
  throw isLockTimeout(error) ? databaseBusy(error) : error;
}
