import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { MIGRATIONS_TABLE } from './data-source.js';
import { shardAtStart } from './sharding/shard-at-start.js';

const MIGRATIONS_RUN = `SELECT name FROM ${MIGRATIONS_TABLE}`;

/** The key of the advisory lock that a migrating replica holds: 'watch' in ASCII. */
const MIGRATION_LOCK = 0x77_61_74_63_68;
/** How often a waiting replica checks whether another one has finished. */
const LOOK_AGAIN_MS = 200;

/**
 * Brings the schema up to date. Replicas that start together take turns: the lock belongs to a separate transaction,
 * so that it works through a pooler in transaction mode too, and is released with the connection if the process dies.
 *
 * A waiting replica polls: CREATE INDEX CONCURRENTLY waits for every statement that began before it, so it and a
 * statement that waits for the lock would wait for each other.
 *
 * On an empty database of a Citus cluster, the big tables are distributed over `shards` shards, if that is given.
 */
export async function migrate(dataSource: DataSource, shards?: number): Promise<void> {
  while (!(await migrateAlone(dataSource, shards))) await sleep(LOOK_AGAIN_MS);
}

/** Returns false while another replica is migrating. */
function migrateAlone(dataSource: DataSource, shards: number | undefined): Promise<boolean> {
  // Read committed: a snapshot that lasts as long as this would be waited for by CREATE INDEX CONCURRENTLY.
  return dataSource.transaction('READ COMMITTED', async (manager) => {
    const [lock] = await manager.query<{ taken: boolean }[]>('SELECT pg_try_advisory_xact_lock($1::bigint) AS taken', [
      MIGRATION_LOCK,
    ]);
    if (!lock?.taken) return false;
    // The session is idle while the migrations run. It must hold no snapshot, which PostgreSQL would keep until the
    // next statement, because CREATE INDEX CONCURRENTLY would wait for it.
    await manager.query('SET LOCAL idle_in_transaction_session_timeout = 0');
    await dataSource.runMigrations();
    await shardAtStart(dataSource, shards);
    return true;
  });
}

/**
 * Whether every migration that this version knows has run; more may have, after a roll-back of the service. Reads
 * only: TypeORM's own `showMigrations` would create the table in the middle of another replica's migration.
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
