import type { DataSource } from 'typeorm';

/** The key of the advisory lock that a migrating replica holds: 'watch' in ASCII. */
const MIGRATION_LOCK = 0x77_61_74_63_68;

/**
 * Brings the schema up to date. Replicas that start together do it one after the other: the lock
 * belongs to a transaction of its own, so that it works through a pooler in transaction mode too,
 * and goes with the connection if the process dies.
 */
export async function migrate(dataSource: DataSource): Promise<void> {
  await dataSource.transaction(async (manager) => {
    await manager.query('SELECT pg_advisory_xact_lock($1::bigint)', [MIGRATION_LOCK]);
    await dataSource.runMigrations();
  });
}
