import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CONFIG, type Config } from '../config/config.js';
import { besidePool } from './beside-pool.js';
import { type ConnectionPool, cut, type PooledClient, poolOf } from './connection-pool.js';
import { databaseAway, sqlStateOf } from './database-errors.js';
import { GuardedReads, type Read } from './guarded-reads.js';
import { type Backend, cancelWaits, isHeldUpByLock, lookAtBackends, saysItIsIdle } from './silent-backends.js';

const LOOK_EVERY_MS = 250;
/** Silence on every connection, while somebody waits for an answer, that makes the watch ask. */
const SILENCE_MS = 1000;
/** How long the database may take to accept the watch's connection, and again to answer its query. */
const ANSWER_TIMEOUT_MS = 1000;
/** How often the server is asked about connections that say nothing. */
const INSPECT_EVERY_MS = 500;
/** Silence of one connection after which its server process may be one that is stopped. */
const STOPPED_MS = 2000;
/** A connection in use that says nothing for so long is dead, or its statement is beyond what anybody waits for. */
const LONGEST_STATEMENT_MS = 60_000;

/** What has gone over a connection, and when that was noticed. */
interface Traffic {
  readonly read: number;
  readonly written: number;
  /** Of anything that was read. */
  readonly heardAt: number;
  /** Of anything that was read or written. */
  readonly at: number;
}

/** A connection that somebody waits for, and how long nothing has gone over it, either way. */
interface Silent {
  readonly client: PooledClient;
  readonly ms: number;
}

/**
 * Notices when the database is gone without a word: a machine that lost its power, or a network that swallows packets,
 * closes no connection, and a statement would wait on one for minutes. When somebody waits and no connection has said
 * anything for a while, the watch asks on a connection of its own. No answer: all connections are cut, so that who
 * waits is told at once, and new work is refused until the database answers the watch again.
 *
 * When the database answers but a connection says nothing, the watch asks the server what that connection does. A read
 * that waits for a lock is cancelled. A server process that does not run, which is seen by one that leaves a statement
 * unread, is given up, and with it all connections that are silent. Any other slow statement is left alone, up to
 * {@link LONGEST_STATEMENT_MS}.
 *
 * It counts the bytes that went over the connections, so it costs the statements nothing, and needs no setting of the
 * session, which a pooler in transaction mode would lose.
 */
@Injectable()
export class DatabaseWatch implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(DatabaseWatch.name);
  private readonly traffic = new WeakMap<PooledClient, Traffic>();
  private timer: NodeJS.Timeout | undefined;
  private isStopped = false;
  private isAway = false;
  /** When anything was heard last, or nobody was waiting to hear. */
  private heardAt = performance.now();
  private inspectedAt = 0;

  constructor(
    private readonly dataSource: DataSource,
    @Inject(CONFIG) private readonly config: Pick<Config, 'databaseUrl'>,
    private readonly reads: GuardedReads,
  ) {}

  onModuleInit(): void {
    this.lookLater();
  }

  onModuleDestroy(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  /** Refuses work that could only wait. @throws DomainError `unavailable`, while the database is away. */
  requireThere(): void {
    if (this.isAway) throw databaseAway();
  }

  private lookLater(): void {
    if (this.isStopped) return;
    this.timer = setTimeout(() => void this.look().finally(() => this.lookLater()), LOOK_EVERY_MS).unref();
  }

  private async look(): Promise<void> {
    const pool = poolOf(this.dataSource);
    if (!pool) return;
    this.listen(pool);
    const now = performance.now();
    const isSilent = (): boolean => this.isAway || performance.now() - this.heardAt >= SILENCE_MS;
    const hasToInspect = now - this.inspectedAt >= INSPECT_EVERY_MS && this.silent(pool, SILENCE_MS).length > 0;
    if (!isSilent() && !hasToInspect) return;
    this.inspectedAt = now;
    const failure = await this.ask(pool);
    this.listen(pool);
    if (this.isStopped) return;
    if (failure !== undefined && isSilent()) {
      if (!this.isAway) this.logger.warn(`the database does not answer: ${failure}`);
      this.isAway = true;
      // The idle ones too: they may be as dead as the others, and cost a moment to open again.
      pool._clients.forEach(cut);
    } else if (failure === undefined) {
      if (this.isAway) this.logger.warn('the database answers again');
      this.isAway = false;
      this.heardAt = performance.now();
    }
  }

  /** Notes who has said something since the last time, and cuts who has been silent for too long. */
  private listen(pool: ConnectionPool): void {
    const now = performance.now();
    if (pool.totalCount === pool.idleCount) this.heardAt = now;
    for (const client of pool._clients) {
      const { bytesRead: read = 0, bytesWritten: written = 0 } = client.connection?.stream ?? {};
      const last = this.traffic.get(client);
      if (read > (last?.read ?? 0)) this.heardAt = now;
      const heardAt = read === last?.read ? last.heardAt : now;
      if (read !== last?.read || written !== last.written) {
        this.traffic.set(client, { read, written, heardAt, at: now });
      }
      // The pool closes idle ones long before.
      if (now - heardAt > LONGEST_STATEMENT_MS) cut(client);
    }
  }

  private silent(pool: ConnectionPool, forMs: number): Silent[] {
    const now = performance.now();
    const idle = new Set(pool._idle.map(({ client }) => client));
    return pool._clients
      .filter((client) => !idle.has(client))
      .map((client) => ({ client, ms: now - (this.traffic.get(client)?.at ?? now) }))
      .filter(({ ms }) => ms >= forMs);
  }

  /** Why the database does not answer; undefined when it does, be it by a refusal. Sees to silent connections if it does. */
  private async ask(pool: ConnectionPool): Promise<string | undefined> {
    try {
      await besidePool(this.config.databaseUrl, 'watcher watch', ANSWER_TIMEOUT_MS, async (server) => {
        const pids = this.silent(pool, SILENCE_MS).flatMap(({ client }) => client.processID ?? []);
        const backends = await lookAtBackends(server, pids);
        this.listen(pool);
        const silent = this.silent(pool, SILENCE_MS);
        const rest = silent.filter(({ client }) => !isHeldUp(client, this.reads.of(client), backends));
        await cancelWaits(server, this.endReadsHeldUp(silent, backends));
        await this.giveUpStopped(pool, rest, backends);
      });
      return undefined;
    } catch (error) {
      const isAnswer = /^[0-9A-Z]{5}$/.test(sqlStateOf(error) ?? '');
      return isAnswer ? undefined : (error as Error).message;
    }
  }

  /** Ends the reads that wait for locks: those of the processes that it gives are to be cancelled. */
  private endReadsHeldUp(silent: readonly Silent[], backends: readonly Backend[]): number[] {
    return silent.flatMap(({ client }) => {
      const read = this.reads.of(client);
      const backend = read && isHeldUpByLock(client.processID, read.text, backends);
      if (!backend) return [];
      this.reads.holdUp(read, backend.tables);
      if (backend.pid === client.processID) return backend.pid;
      // Which process it is, the pooler alone knows.
      cut(client);
      return [];
    });
  }

  /** Cuts the connections whose server processes are stopped, as by SIGSTOP or a frozen disk, while others run. */
  private async giveUpStopped(
    pool: ConnectionPool,
    silent: readonly Silent[],
    backends: readonly Backend[],
  ): Promise<void> {
    const long = silent.filter(({ ms }) => ms >= STOPPED_MS);
    if (long.length === 0) return;
    const isSeen = long.some(({ client }) => saysItIsIdle(client.processID, backends));
    if (!isSeen && (await this.idleAnswers(pool))) return;
    this.logger.warn(`${long.length} connections are given up: their server processes do not run`);
    for (const { client } of long) cut(client);
    for (const { client } of pool._idle) cut(client);
  }

  /** Whether an idle connection answers, if there is one; the statements on the others are slow then. */
  private async idleAnswers(pool: ConnectionPool): Promise<boolean> {
    if (pool.idleCount === 0) return true;
    const runner = this.dataSource.createQueryRunner();
    let isAsked = false;
    const ask = async (): Promise<boolean> => {
      try {
        await runner.connect();
        isAsked = true;
        await runner.query('SELECT 1');
      } catch {
        // An error is an answer too.
      } finally {
        await runner.release();
      }
      return true;
    };
    // Where it was not even asked, other work has taken the connection.
    return Promise.race([ask(), sleep(ANSWER_TIMEOUT_MS, undefined, { ref: false }).then(() => !isAsked)]);
  }
}

/** Whether a connection waits for somebody's lock, reading or writing. */
function isHeldUp(client: PooledClient, read: Read | undefined, backends: readonly Backend[]): boolean {
  return isHeldUpByLock(client.processID, read?.text, backends) !== undefined;
}
