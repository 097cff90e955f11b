import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { MIGRATIONS_TABLE } from './data-source.js';

const MIGRATIONS_RUN = `SELECT name FROM ${MIGRATIONS_TABLE}`;

/** The key of the advisory lock that a migrating replica holds: 'watch' in ASCII. */
const MIGRATION_LOCK = 0x77_61_74_63_68;
/** How often a replica looks whether another one has finished. */
const LOOK_AGAIN_MS = 200;

/**
 * Brings the schema up to date. Replicas that start together do it one after the other: the lock
 * belongs to a transaction of its own, so that it works through a pooler in transaction mode too,
 * and goes with the connection if the process dies.
 *
 * A replica that waits asks again and again: CREATE INDEX CONCURRENTLY waits for every statement that began before it, so
 * it and a statement that waits for the lock would wait for each other.
 */
export async function migrate(dataSource: DataSource): Promise<void> {
  while (!(await migrateAlone(dataSource))) await sleep(LOOK_AGAIN_MS);
}

/** False when another replica is at it. */
function migrateAlone(dataSource: DataSource): Promise<boolean> {
  // Read committed: a snapshot that lasts as long as this would be waited for by CREATE INDEX CONCURRENTLY.
  return dataSource.transaction('READ COMMITTED', async (manager) => {
    const [lock] = await manager.query<{ taken: boolean }[]>('SELECT pg_try_advisory_xact_lock($1::bigint) AS taken', [
      MIGRATION_LOCK,
    ]);
    if (!lock?.taken) return false;
    // It idles as long as the migrations take. And the snapshot of the statement before, which PostgreSQL keeps until the
    // next one, would be waited for by CREATE INDEX CONCURRENTLY.
    await manager.query('SET LOCAL idle_in_transaction_session_timeout = 0');
    await dataSource.runMigrations();
    return true;
  });
}

/**
 * Whether every migration that this version knows has run; more may have, after a roll-back of the service.
 * Reads only: TypeORM's own `showMigrations` would create the table in the middle of somebody else's migration.
 */
export async function isMigrated(dataSource: DataSource): Promise<boolean> {
  const [table] = await dataSource.query<{ exists: boolean }[]>('SELECT to_regclass($1) IS NOT NULL AS exists', [
    MIGRATIONS_TABLE,
  ]);
  if (!table?.exists) return false;
  const ran = await dataSource.query<{ name: string }[]>(MIGRATIONS_RUN);
  const names = new Set(ran.map(({ name }) => name));
  return dataSource.migrations.every((migration) => names.has(migration.name ?? migration.constructor.name));
}
