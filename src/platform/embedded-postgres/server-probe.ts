import pg from 'pg';
import { hasCode } from './embedded-server-error.js';

/** The state of a server as a client sees it. `starting` includes crash recovery and shutdown; `silent` means no answer. */
export type ServerState = 'ready' | 'no-database' | 'starting' | 'wrong-password' | 'silent';

const STATES = new Map<string, ServerState>([
  ['3D000', 'no-database'],
  ['57P03', 'starting'],
  ['28P01', 'wrong-password'],
]);

/** Connects once and reports the state of the server. */
export async function probe(url: string): Promise<ServerState> {
  try {
    await runSql(url, 'SELECT 1');
    return 'ready';
  } catch (error) {
    for (const [code, state] of STATES) if (hasCode(error, code)) return state;
    return 'silent';
  }
}

/** Runs one statement in a session of its own and returns the first column of the first row. */
export async function runSql(url: string, sql: string): Promise<unknown> {
  // Set explicitly, or `pg` would read PGSSLMODE; our server has no TLS.
  const client = new pg.Client({ connectionString: url, ssl: false, connectionTimeoutMillis: 5000 });
  // The server may end at any time; the rejection of the statement reports it.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<unknown[]>({ text: sql, rowMode: 'array' });
    return rows[0]?.[0];
  } finally {
    await client.end().catch(() => undefined);
  }
}
