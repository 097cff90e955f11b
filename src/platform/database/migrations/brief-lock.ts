import { setTimeout as sleep } from 'node:timers/promises';
import { QueryFailedError, type QueryRunner } from 'typeorm';

/** How long the statements wait for a lock; all later statements on the table wait as long. */
const LOCK_TIMEOUT_MS = 500;
/** The pause between two attempts, in which other statements proceed. */
const PAUSE_MS = 1000;
const ATTEMPTS = 120;
/** The SQLSTATE of a lock that was not granted in time. */
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Runs statements that take an exclusive lock on a table, such as ALTER TABLE, in a transaction of their own. While
 * such a statement waits for its lock, it blocks all later ones; so the wait is short, and the transaction is retried,
 * for two minutes in all. The statements must be quick: they may read and write only the catalog.
 *
 * For migrations that run without a transaction (`transaction = false`).
 */
export async function withBriefLock(runner: QueryRunner, change: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    await runner.startTransaction();
    try {
      await runner.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
      await change();
      await runner.commitTransaction();
      return;
    } catch (error) {
      await runner.rollbackTransaction();
      if (attempt === ATTEMPTS || !isLocked(error)) throw error;
      await sleep(PAUSE_MS);
    }
  }
}

function isLocked(error: unknown): boolean {
  const cause: unknown = error instanceof QueryFailedError ? error.driverError : error;
  return (cause as { readonly code?: unknown }).code === LOCK_NOT_AVAILABLE;
}
