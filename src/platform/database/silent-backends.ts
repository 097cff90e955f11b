import type pg from 'pg';

/** The state of a server process. */
export interface Backend {
  readonly pid: number;
  readonly isIdle: boolean;
  readonly waitsForLock: boolean;
  /** How long it has been in this state, in milliseconds. */
  readonly ms: number;
  /** The beginning of its statement. */
  readonly query: string;
  /** The tables whose lock it waits for. */
  readonly tables: readonly string[];
}

/** The minimum time that a process has been idle when a statement was sent to it two seconds ago. */
const UNREAD_MS = 1500;
/** Shorter than PostgreSQL's limit (`track_activity_query_size`), and enough to distinguish statements. */
const QUERY_LENGTH = 300;

/** Restricts the query to processes of the same role and database, which every role may see. */
const BACKENDS = `
  SELECT a.pid, coalesce(a.state LIKE 'idle%', false) AS "isIdle",
         coalesce(a.wait_event_type = 'Lock', false) AS "waitsForLock",
         (extract(epoch FROM clock_timestamp() - a.state_change) * 1000)::float8 AS ms,
         left(a.query, ${QUERY_LENGTH}) AS query,
         ARRAY(SELECT c.relname::text FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
                WHERE l.pid = a.pid AND NOT l.granted) AS tables
    FROM pg_stat_activity a
   WHERE a.datname = current_database() AND a.usename = current_user
     AND (a.pid = ANY ($1::int[]) OR a.wait_event_type = 'Lock')`;

const CANCEL_WAITS = `
  SELECT pg_cancel_backend(a.pid)
    FROM pg_stat_activity a
   WHERE a.pid = ANY ($1::int[]) AND a.wait_event_type = 'Lock'`;

/** The processes with these pids, and all that wait for a lock. */
export async function lookAtBackends(server: pg.Client, pids: readonly number[]): Promise<Backend[]> {
  return (await server.query<Backend>(BACKENDS, [pids])).rows;
}

/** Cancels the statements of processes that still wait for a lock. */
export async function cancelWaits(server: pg.Client, pids: readonly number[]): Promise<void> {
  if (pids.length > 0) await server.query(CANCEL_WAITS, [pids]);
}

/**
 * The process of a connection that waits for a lock. Behind a pooler the pid is unknown: there the statement
 * identifies the process.
 */
export function isHeldUpByLock(
  pid: number | null,
  statement: string | undefined,
  backends: readonly Backend[],
): Backend | undefined {
  const known = backends.find((backend) => backend.pid === pid);
  if (known) return known.waitsForLock ? known : undefined;
  return backends.find(
    ({ waitsForLock, query }) => waitsForLock && query.length > 0 && statement?.startsWith(query) === true,
  );
}

/** Whether the process has left a statement unread that was sent to it two seconds ago. */
export function saysItIsIdle(pid: number | null, backends: readonly Backend[]): boolean {
  return backends.some((backend) => backend.pid === pid && backend.isIdle && backend.ms >= UNREAD_MS);
}
