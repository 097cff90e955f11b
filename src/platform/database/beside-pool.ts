import type pg from 'pg';
import { connectionOptions, DatabaseClient } from './connection.js';

/**
 * Runs work on a connection outside the pool. @throws the error of the connection, or of the work
 * @param timeoutMs for the connection, and again for each statement
 */
export async function besidePool<T>(
  url: string | undefined,
  name: string,
  timeoutMs: number,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new DatabaseClient({
    ...connectionOptions(url ?? ''),
    application_name: name,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    // Does not wait for a server that does not answer.
    client.end().catch(() => undefined);
  }
}
