import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CONFIG, type Config } from '../config/config.js';
import { besidePool } from './beside-pool.js';
import { type ConnectionPool, cut, cutOthers, type PooledClient, poolOf } from './connection-pool.js';
import type { DomainError } from '../errors/domain-error.js';
import { databaseAway, databaseBusy, sqlStateOf } from './database-errors.js';
import { GuardedReads, type Read } from './guarded-reads.js';
import { NoWritableServerError } from './writable-server.js';
import { type Backend, cancelWaits, isHeldUpByLock, lookAtBackends, saysItIsIdle } from './silent-backends.js';

const LOOK_EVERY_MS = 250;
/** How long all connections may be silent, while a statement is pending, before the watch probes. */
const SILENCE_MS = 1000;
/** How long the database may take to accept the watch's connection, and again to answer its query. */
const ANSWER_TIMEOUT_MS = 1000;
/** How often the server is queried about silent connections. */
const INSPECT_EVERY_MS = 500;
/** Silence of one connection after which its server process may be stopped. */
const STOPPED_MS = 2000;
/** A connection in use that is silent for this long is dead, or its statement takes longer than any caller waits. */
const LONGEST_STATEMENT_MS = 60_000;

/** The byte counts of a connection, and when a change was noticed. */
interface Traffic {
  readonly read: number;
  readonly written: number;
  /** The time of the last bytes read. */
  readonly heardAt: number;
  /** The time of the last bytes read or written. */
  readonly at: number;
}

/** A connection with a pending statement, and how long it has been silent in both directions. */
interface Silent {
  readonly client: PooledClient;
  readonly ms: number;
}

/**
 * Detects a database that disappears without closing its connections, as after a power failure or when a network drops
 * packets: a statement would then wait for minutes. When statements are pending and no connection has received
 * anything for a while, the watch probes on a separate connection. If it gets no answer, it cuts all connections, so
 * that pending statements fail at once, and new work is refused until the database answers the watch again.
 *
 * When the database answers but a connection is silent, the watch queries the server about that connection. It cancels
 * a read that waits for a lock. It gives up a server process that does not run, recognised by a statement that it
 * leaves unread, and with it all silent connections. Any other slow statement is left alone, up to {@link
 * LONGEST_STATEMENT_MS}.
 *
 * The watch counts the bytes of the connections, so it costs the statements nothing, and needs no session setting,
 * which a pooler in transaction mode would lose.
 */
@Injectable()
export class DatabaseWatch implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(DatabaseWatch.name);
  private readonly traffic = new WeakMap<PooledClient, Traffic>();
  private timer: NodeJS.Timeout | undefined;
  private isStopped = false;
  private isAway = false;
  private thereSince = new Date();
  /** When something was last received, or no statement was pending. */
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

  /**
   * The refusal of work that waited in vain for its turn or for a connection. Others have them, unless nothing was heard
   * of the database meanwhile: then it is probably away, although the watch has not found it out yet.
   */
  refusal(cause?: unknown): DomainError {
    const pool = poolOf(this.dataSource);
    if (pool) this.listen(pool);
    // A database that answers the watch is heard of again before that.
    const isSilent = performance.now() - this.heardAt >= SILENCE_MS + ANSWER_TIMEOUT_MS;
    return this.isAway || isSilent ? databaseAway(cause) : databaseBusy(cause);
  }

  /** Since when this process has been able to reach the database: its start, or the end of the last absence. */
  get reachableSince(): Date {
    return this.thereSince;
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
      // Idle connections too: they may also be dead, and reopening them takes only a moment.
      pool._clients.forEach(cut);
    } else if (failure === undefined) {
      if (this.isAway) {
        this.logger.warn('the database answers again');
        this.thereSince = new Date();
      }
      this.isAway = false;
      this.heardAt = performance.now();
    }
  }

  /** Records the connections with traffic since the last time, and cuts those that have been silent for too long. */
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

  /**
   * The reason why the database does not answer; undefined if it does, even with a refusal. If it does, handles silent
   * connections.
   */
  private async ask(pool: ConnectionPool): Promise<string | undefined> {
    try {
      await besidePool(this.config.databaseUrl, 'watcher watch', ANSWER_TIMEOUT_MS, async (server) => {
        // After a failover, those to a server that does not answer would wait for it.
        cutOthers(pool, server);
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
      // Of several servers, the one that was used has not answered as such.
      const isAnswer = !(error instanceof NoWritableServerError) && /^[0-9A-Z]{5}$/.test(sqlStateOf(error) ?? '');
      return isAnswer ? undefined : (error as Error).message;
    }
  }

  /** Ends the reads that wait for locks; returns the processes to cancel. */
  private endReadsHeldUp(silent: readonly Silent[], backends: readonly Backend[]): number[] {
    return silent.flatMap(({ client }) => {
      const read = this.reads.of(client);
      const backend = read && isHeldUpByLock(client.processID, read.text, backends);
      if (!backend) return [];
      this.reads.holdUp(read, backend.tables);
      if (backend.pid === client.processID) return backend.pid;
      // Only the pooler knows the pid.
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
    this.logger.warn(`${long.length} connections were cut: their server processes do not run`);
    for (const { client } of long) cut(client);
    for (const { client } of pool._idle) cut(client);
  }

  /** Whether an idle connection, if there is one, answers; then the statements on the others are slow. */
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

/** Whether a connection waits for a lock, reading or writing. */
function isHeldUp(client: PooledClient, read: Read | undefined, backends: readonly Backend[]): boolean {
  return isHeldUpByLock(client.processID, read?.text, backends) !== undefined;
}
