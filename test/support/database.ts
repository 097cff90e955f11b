import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { TEMPLATE } from './names.js';

/** A database for one test file, cloned from the migrated template. */
export interface TestDatabase {
  /** For the service; through a pooler if the tests run with one. */
  readonly url: string;
  /** Runs a statement on a connection that the service does not use. */
  sql<T extends pg.QueryResultRow = pg.QueryResultRow>(statement: string, values?: unknown[]): Promise<T[]>;
  drop(): Promise<void>;
}

/**
 * Clones the template; `empty` makes a database without a schema instead, and so does a `locale` of its own. `icu` is the
 * locale by which that database sorts.
 */
export async function createDatabase({ empty = false, locale = '', icu = '' } = {}): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const template = empty || locale !== '' ? 'template0' : TEMPLATE;
  const provider = icu === '' ? 'libc' : `icu ICU_LOCALE '${icu}'`;
  const settings = locale === '' ? '' : ` LOCALE_PROVIDER ${provider} LOCALE '${locale}'`;
  for (const server of template === TEMPLATE ? [...workers(), serverUrl()] : [serverUrl()])
    await onServer(`CREATE DATABASE ${name} TEMPLATE ${template}${settings}`, server);
  const pool = new pg.Pool({ connectionString: urlOf(name, serverUrl()), max: 4 });
  // A test may end every connection of the database, including this one.
  pool.on('error', () => undefined);
  return {
    url: urlOf(name, process.env['TEST_POOLER_URL'] ?? serverUrl()),
    sql: async <T extends pg.QueryResultRow>(statement: string, values: unknown[] = []) =>
      (await pool.query<T>(statement, values)).rows,
    drop: async () => {
      await pool.end();
      for (const server of [serverUrl(), ...workers()])
        await onServer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`, server);
    },
  };
}

function urlOf(database: string, server: string): string {
  const url = new URL(server);
  url.pathname = database;
  return url.href;
}

/** The workers of the cluster that the tests run on, if they do. */
function workers(): string[] {
  return (process.env['TEST_WORKERS'] ?? '').split(',').filter(Boolean);
}

async function onServer(statement: string, server: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function serverUrl(): string {
  const url = process.env['TEST_SERVER_URL'] ?? process.env['TEST_COORDINATOR'];
  if (!url) throw new Error('TEST_SERVER_URL is not set: run the tests with npm test');
  return url;
}
