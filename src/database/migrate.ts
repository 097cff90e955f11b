import type { DataSource } from 'typeorm';
import { MIGRATIONS_TABLE } from './data-source.js';

const MIGRATIONS_RUN = `SELECT name FROM ${MIGRATIONS_TABLE}`;

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
