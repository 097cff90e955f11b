import { hash } from 'node:crypto';
import { Logger } from '@nestjs/common';
import pg from 'pg';
import type { DataSource } from 'typeorm';

/** The names of the prepared statements by their texts. */
const NAMES = new Map<string, string>();

/**
 * After this many uses on a connection a statement is prepared anew: PostgreSQL keeps the plan that it made for the
 * tables of that moment, and on a new database the plan for an empty table would read all of a large one.
 */
const PREPARED_ANEW_AFTER = [50, 500, 5000];

/** The SQLSTATEs of a prepared statement that does not exist, and of one that exists already. */
const LOST_STATES: ReadonlySet<string> = new Set(['26000', '42P05']);

/**
 * Marks a statement to be prepared once on each connection, which saves PostgreSQL its parsing and planning. For
 * statements that are sent often and whose best plan does not depend on their parameters: PostgreSQL plans it without
 * knowing them. An array of keys is written `= ANY (ARRAY (SELECT unnest($1::bigint[])))`: for `= ANY ($1)` PostgreSQL
 * expects ten keys, finds a plan for the one key that is there cheaper, and plans the statement anew at each use.
 */
export function prepared(text: string): string {
  NAMES.set(text, `watcher_${hash('sha256', text).slice(0, 16)}`);
  return text;
}

/**
 * Says which statements the connections of a pool prepare. A connection pooler may give every transaction another
 * connection to the server, where the statement is missing or another client has prepared it. From the first such
 * error on, nothing is prepared.
 */
export class PreparedStatements {
  private readonly logger = new Logger(PreparedStatements.name);
  private isOff = false;

  static of(dataSource: DataSource): PreparedStatements {
    return (dataSource.options.extra as { readonly statements: PreparedStatements }).statements;
  }

  /** The name under which a connection sends the statement; `uses` counts the uses of statements on that connection. */
  nameOf(text: string, uses: Map<string, Uses>): string | undefined {
    const known = uses.get(text);
    if (known) return this.isOff ? undefined : nextName(known);
    const name = this.isOff ? undefined : NAMES.get(text);
    if (name === undefined) return undefined;
    const first = { name, count: 1, current: `${name}_0` };
    uses.set(text, first);
    return first.current;
  }

  /** Whether an error says that a prepared statement was lost: what failed by it succeeds when it is repeated. */
  isLost(sqlState: string | undefined): boolean {
    if (sqlState === undefined || !LOST_STATES.has(sqlState)) return false;
    if (!this.isOff) this.stop(sqlState);
    return true;
  }

  private stop(sqlState: string): void {
    this.isOff = true;
    this.logger.warn(
      `the database has lost a prepared statement (${sqlState}), as behind a connection pooler that does not keep ` +
        'them: statements are sent without preparing from now on. PgBouncer 1.21 or newer keeps them with ' +
        'max_prepared_statements.',
    );
  }
}

/** The uses of a statement on one connection. */
export interface Uses {
  readonly name: string;
  count: number;
  /** The name under which it is sent now. */
  current: string;
}

function nextName(uses: Uses): string {
  uses.count += 1;
  const times = PREPARED_ANEW_AFTER.indexOf(uses.count - 1) + 1;
  if (times > 0) uses.current = `${uses.name}_${times}`;
  return uses.current;
}

type Send = (text: unknown, values?: unknown, ...more: readonly unknown[]) => unknown;

/** Makes a connection send the statements marked as {@link prepared} under their names. */
export function sendPrepared(client: pg.Client, statements: PreparedStatements): void {
  const uses = new Map<string, Uses>();
  const send = client.query.bind(client) as Send;
  const query: Send = (text, values, ...more) => {
    if (typeof text !== 'string' || !Array.isArray(values) || more.length > 0) return send(text, values, ...more);
    const name = statements.nameOf(text, uses);
    return name === undefined
      ? send(text, values)
      : new Promise((resolve, reject) => {
          // A query of pg's own: it copies an object with the name property by property, each time.
          const named = new pg.Query(text, values, (error, result) => (error ? reject(error) : resolve(result)));
          send(Object.assign(named, { name }));
        });
  };
  client.query = query as typeof client.query;
}
