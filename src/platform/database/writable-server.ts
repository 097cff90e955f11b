import type pg from 'pg';
import { sqlStateOf, SqlState } from './database-errors.js';

/** A host name, an address or a folder of Unix sockets, and a port. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

/** How long a server may take to accept a connection, and again to say whether it takes writes. */
const ANSWER_TIMEOUT_MS = 2000;

/** Whether a server refuses writes. */
export const IS_READ_ONLY = `SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::bool AS "isReadOnly"`;

/** None of several servers takes writes; says of each why not, and has the code of a read-only one or of the first. */
export class NoWritableServerError extends Error {}

/**
 * The server that takes writes. All are asked at once, so that one which does not answer delays nothing. Nothing is kept
 * from one connection to the next: after a failover, the next connection goes to the new primary.
 * @throws NoWritableServerError
 */
export async function findWritable(places: readonly Place[], clientOf: (place: Place) => pg.Client): Promise<Place> {
  try {
    return await Promise.any(places.map(async (place) => (await ask(clientOf(place)), place)));
  } catch (error) {
    const { errors } = error as { readonly errors: Error[] };
    const reasons = places.map(({ host, port }, index) => `${host}:${port}: ${errors[index]?.message ?? ''}`);
    const cause = errors.find((each) => sqlStateOf(each) === SqlState.readOnlyTransaction) ?? errors[0];
    const all = new NoWritableServerError(`no server takes writes: ${reasons.join('; ')}`, { cause });
    throw Object.assign(all, { code: sqlStateOf(cause) });
  }
}

/** Throws unless the server takes writes. */
async function ask(client: pg.Client): Promise<void> {
  client.on('error', () => undefined);
  const timer = setTimeout(() => void client.end().catch(() => undefined), ANSWER_TIMEOUT_MS).unref();
  try {
    await client.connect();
    const { rows } = await client.query<{ isReadOnly: boolean }>(IS_READ_ONLY);
    if (rows[0]?.isReadOnly) throw Object.assign(new Error('it is read-only'), { code: SqlState.readOnlyTransaction });
  } finally {
    clearTimeout(timer);
    // Does not wait for a server that does not answer.
    client.end().catch(() => undefined);
  }
}
