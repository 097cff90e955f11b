import pg from 'pg';
import { hasCode } from './embedded-server-error.js';

/** What a server says to a client: `starting` covers crash recovery and shutting down too; `silent`, no answer. */
export type Answer = 'ready' | 'no-database' | 'starting' | 'wrong-password' | 'silent';

const ANSWERS = new Map<string, Answer>([
  ['3D000', 'no-database'],
  ['57P03', 'starting'],
  ['28P01', 'wrong-password'],
]);

/** Connects once, and says how that went. */
export async function knock(url: string): Promise<Answer> {
  try {
    await runSql(url, 'SELECT 1');
    return 'ready';
  } catch (error) {
    for (const [code, answer] of ANSWERS) if (hasCode(error, code)) return answer;
    return 'silent';
  }
}

/** Runs one statement in a session of its own, and gives the first column of the first row. */
export async function runSql(url: string, sql: string): Promise<unknown> {
  // ssl is said here, or else pg would look for it in PGSSLMODE; our server has none, so nobody need ask it.
  const client = new pg.Client({ connectionString: url, ssl: false, connectionTimeoutMillis: 5000 });
  // The server may go away at any time; the statement then rejects, and that is all we want to know.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<unknown[]>({ text: sql, rowMode: 'array' });
    return rows[0]?.[0];
  } finally {
    await client.end().catch(() => undefined);
  }
}
