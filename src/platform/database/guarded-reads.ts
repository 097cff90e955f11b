import { Injectable } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import type { PooledClient } from './connection-pool.js';
import { databaseBusy } from './database-errors.js';

/** How long a lock is remembered, unless a read finds the table free. */
const REMEMBERED_MS = 30_000;
/** The most names and statements that are remembered. */
const MOST_REMEMBERED = 100;

/** A statement in progress outside of any transaction. */
export interface Read {
  readonly text: string;
  readonly runner: QueryRunner;
  /** It was cancelled, since it waited for a lock. */
  isHeldUp: boolean;
}

/** A table, or a statement, that another session's lock blocks. */
interface Held {
  readonly until: number;
  /** The read that tests the lock, if there is one. */
  probe: Read | undefined;
}

/**
 * Reads need no row locks, but a table can be locked as a whole: by VACUUM FULL, CLUSTER or a manual migration. Reads
 * have no lock timeout, since that would cost each of them two more statements. Instead the watch examines slow reads
 * and cancels those that wait for a lock ({@link holdUp}). Locked tables are remembered: one read at a time tests the
 * lock, the others are refused at once and take no connection.
 */
@Injectable()
export class GuardedReads {
  private readonly underWay = new Set<Read>();
  private readonly held = new Map<string, Held>();

  /** Guards all statements sent through this query runner from now on. */
  guard(runner: QueryRunner): QueryRunner {
    const send = runner.query.bind(runner) as (...args: readonly unknown[]) => Promise<unknown>;
    // Every read goes through here, so it makes no promise more than it must.
    const guarded = (text: string, ...rest: readonly unknown[]): Promise<unknown> => {
      const read: Read = { text, runner, isHeldUp: false };
      if (this.held.size > 0) return this.unlessHeld(read, () => send(text, ...rest));
      this.underWay.add(read);
      return (
        runner
          .connect()
          // Something may have been found locked while it waited for a connection.
          .then(() => (this.held.size > 0 ? this.unlessHeld(read, () => send(text, ...rest)) : send(text, ...rest)))
          .then(
            (result) => {
              this.underWay.delete(read);
              return result;
            },
            (error: unknown) => {
              this.underWay.delete(read);
              throw reasonOf(read, error);
            },
          )
      );
    };
    runner.query = guarded as QueryRunner['query'];
    return runner;
  }

  /** The current read of a connection, if any. */
  of(client: PooledClient): Read | undefined {
    for (const read of this.underWay) if (connectionOf(read.runner) === client) return read;
    return undefined;
  }

  /** Records that a read was cancelled because it waited for a lock on these tables. */
  holdUp(read: Read, tables: readonly string[]): void {
    read.isHeldUp = true;
    for (const name of [read.text, ...tables]) {
      const [oldest] = this.held.keys();
      if (this.held.size >= MOST_REMEMBERED && oldest !== undefined) this.held.delete(oldest);
      this.held.delete(name);
      this.held.set(name, { until: performance.now() + REMEMBERED_MS, probe: undefined });
    }
  }

  /** Sends a read while something is locked. @throws DomainError `database_busy` where another read tries the same */
  private async unlessHeld(read: Read, send: () => Promise<unknown>): Promise<unknown> {
    const tried = this.namesToTry(read);
    this.underWay.add(read);
    try {
      const result = await send();
      for (const name of tried) this.held.delete(name);
      return result;
    } catch (error) {
      throw reasonOf(read, error);
    } finally {
      this.underWay.delete(read);
      for (const held of this.held.values()) if (held.probe === read) held.probe = undefined;
    }
  }

  /** What the read is to find free, if it is the one that tries. @throws DomainError `database_busy` for the others */
  private namesToTry(read: Read): string[] {
    const now = performance.now();
    for (const [name, { until, probe }] of this.held) if (until < now && !probe) this.held.delete(name);
    const concerned = [...this.held].filter(([name]) => name === read.text || speaksOf(read.text, name));
    if (concerned.some(([, { probe }]) => probe)) throw databaseBusy();
    for (const [, held] of concerned) held.probe = read;
    return concerned.map(([name]) => name);
  }
}

/** Its connection, once it has one; TypeORM keeps that to itself. */
function connectionOf(runner: QueryRunner): PooledClient | undefined {
  return (runner as unknown as { readonly databaseConnection?: PooledClient }).databaseConnection;
}

function reasonOf(read: Read, error: unknown): unknown {
  return read.isHeldUp ? databaseBusy(error) : error;
}

/** Whether the table is named in the statement, as a word of its own. */
function speaksOf(text: string, table: string): boolean {
  for (let at = text.indexOf(table); at !== -1; at = text.indexOf(table, at + 1)) {
    if (!/\w/.test(text[at - 1] ?? '') && !/\w/.test(text[at + table.length] ?? '')) return true;
  }
  return false;
}
