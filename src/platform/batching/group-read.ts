import type { EntityManager } from 'typeorm';
import { databaseBusy, isLockTimeout, isUnavailable } from '../database/database-errors.js';
import type { TransactionRunner } from '../database/transaction-runner.js';
import { GroupCommit } from './group-commit.js';

/** Two, so that the database reads the next group while the answers of the last one are sent. */
const LIMITS = { batchSize: 100, lanes: 2 };

/** Reads the data of all items in one statement, outside any transaction; returns it in the order of the items. */
type Read<Item, Found> = (manager: EntityManager, items: readonly Item[]) => Promise<readonly Found[]>;

/**
 * Reads that arrive together share one statement, as writes share a transaction: while one is under way, the next ones
 * gather; a single one is sent at once.
 */
export function readInGroups<Item, Found>(
  transactions: TransactionRunner,
  read: Read<Item, Found>,
): (item: Item) => Promise<Found> {
  const errors = { isCommon: isUnavailable, isLock: isLockTimeout, refusal: databaseBusy };
  const readAll = (items: readonly Item[]) => transactions.read((manager) => read(manager, items));
  const group = new GroupCommit<Item, Found>(LIMITS, readAll, errors);
  return (item) => group.submit(item);
}
