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

/** What is done with the items of a batch, in the two parts of a transaction (see `TransactionWork`). */
export interface BatchWork<Item, Loaded, Result> {
  /** Reads what the items are about, for all of them at once; writes nothing, and waits for no row. */
  load(manager: EntityManager, items: readonly Item[]): Promise<Loaded>;
  /**
   * Does the items that it is given, all that were loaded or some; each statement is awaited before the next. The
   * results are in the order of the items. What is wrong with one item is its result, and disturbs no other.
   */
  apply(manager: EntityManager, items: readonly Item[], loaded: Loaded): Promise<readonly Result[]>;
  /**
   * Names the rows that an item is going to lock and that others may hold: an item whose rows are locked is set aside, so
   * that it doesn't hold up the others. None for an item that locks nothing.
   */
  rowsOf(item: Item, loaded: Loaded): readonly string[];
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

/** What only reads waits for no row, but for a table that is locked as a whole: which meets all items alike. */
function throwTableLock(error: unknown): never {
  throw isLockTimeout(error) ? databaseBusy(error) : error;
}
