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
  /** It was cancelled because it waited for a lock. */
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
  private readonly underWay = new WeakMap<PooledClient, Read>();
  private readonly held = new Map<string, Held>();

  /** Guards all statements sent through this query runner from now on. */
  guard(runner: QueryRunner): QueryRunner {
    const send = runner.query.bind(runner) as (...args: readonly unknown[]) => Promise<unknown>;
    const guarded = async (text: string, ...rest: readonly unknown[]): Promise<unknown> => {
      const read: Read = { text, isHeldUp: false };
      const probed = this.held.size > 0 ? this.enter(read) : [];
      let client: PooledClient | undefined;
      try {
        client = (await runner.connect()) as PooledClient;
        this.underWay.set(client, read);
        const result = await send(text, ...rest);
        for (const name of probed) this.held.delete(name);
        return result;
      } catch (error) {
        throw read.isHeldUp ? databaseBusy(error) : error;
      } finally {
        if (client && this.underWay.get(client) === read) this.underWay.delete(client);
        for (const held of this.held.values()) if (held.probe === read) held.probe = undefined;
      }
    };
    runner.query = guarded as QueryRunner['query'];
    return runner;
  }

  /** The current read of a connection, if any. */
  of(client: PooledClient): Read | undefined {
    return this.underWay.get(client);
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

  /** The lock that this read tests, if it is the one to test it. @throws DomainError `database_busy` for the others */
  private enter(read: Read): string[] {
    const now = performance.now();
    for (const [name, { until, probe }] of this.held) if (until < now && !probe) this.held.delete(name);
    const concerned = [...this.held].filter(([name]) => name === read.text || speaksOf(read.text, name));
    if (concerned.some(([, { probe }]) => probe)) throw databaseBusy();
    for (const [, held] of concerned) held.probe = read;
    return concerned.map(([name]) => name);
  }
}

/** Whether the statement names the table as a whole word. */
function speaksOf(text: string, table: string): boolean {
  for (let at = text.indexOf(table); at !== -1; at = text.indexOf(table, at + 1)) {
    if (!/\w/.test(text[at - 1] ?? '') && !/\w/.test(text[at + table.length] ?? '')) return true;
  }
  return false;
}
