import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { EmbeddedServer } from '../../../src/platform/embedded-postgres/embedded-server.js';
import { createDatabase, type TestDatabase } from '../../support/database.js';
import { COORDINATOR } from './own-server.js';

/**
 * A PostgreSQL for one test file, as durable as in production, because the tests test durability; on a cluster that was
 * given, a database of it.
 */
export interface Postgres extends Omit<TestDatabase, 'drop'> {
  close(): Promise<void>;
}

export async function startPostgres(): Promise<Postgres> {
  if (COORDINATOR !== undefined) {
    const database = await createDatabase();
    return { ...database, close: () => database.drop() };
  }
  const folder = await temporaryFolder();
  const server = await EmbeddedServer.start({ dataDir: folder.path });
  const database = openDatabase(server.url);
  return {
    ...database,
    close: async () => {
      await database.close();
      await server.stop();
      await folder.remove();
    },
  };
}

/** A connection to a database that bypasses the faults between the service and the database. */
export function openDatabase(url: string): Postgres {
  const pool = new pg.Pool({ connectionString: url, max: 4, application_name: 'faults' });
  pool.on('error', () => undefined);
  return {
    url,
    sql: async <T extends pg.QueryResultRow>(statement: string, values: unknown[] = []) =>
      (await pool.query<T>(statement, values)).rows,
    close: () => pool.end(),
  };
}

/** Waits until the database accepts new connections. */
export async function untilThere(url: string): Promise<void> {
  for (;;) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('SELECT 1');
      return;
    } catch {
      await sleep(10);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

/** The process of the server in a data folder. */
export async function postmasterOf(dataDir: string): Promise<number> {
  const file = await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8');
  return Number.parseInt(file, 10);
}

export async function temporaryFolder(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'watcher-faults-'));
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) };
}
