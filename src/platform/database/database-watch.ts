import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CONFIG, type Config } from '../config/config.js';
import { connectionOptions, DatabaseClient } from './connection.js';
import { databaseAway, sqlStateOf } from './database-errors.js';

const LOOK_EVERY_MS = 250;
/** Silence on every connection, while somebody waits for an answer, that makes the watch ask. */
const SILENCE_MS = 1000;
/** How long the database may take to accept the watch's connection, and again to answer its query. */
const ANSWER_TIMEOUT_MS = 1000;
/** A connection in use that says nothing for so long is dead, or its statement is beyond what anybody waits for. */
const LONGEST_STATEMENT_MS = 60_000;

/** A connection of the pool, with what `pg` keeps to itself: its pool cuts connections by the same way. */
interface PooledClient {
  readonly connection?: { readonly stream?: { readonly bytesRead?: number; destroy(): void } };
}

interface Pool {
  readonly _clients: readonly PooledClient[];
  readonly totalCount: number;
  readonly idleCount: number;
}

/**
 * Notices when the database is gone without a word: a machine that lost its power, or a network that swallows packets,
 * closes no connection, and a statement would wait on one for minutes. When somebody waits and no connection has said
 * anything for a while, the watch asks on a connection of its own. No answer: all connections are cut, so that who
 * waits is told at once, and new work is refused until the database answers the watch again. A slow statement is left
 * alone while the database answers, up to {@link LONGEST_STATEMENT_MS}.
 *
 * It counts the bytes that came in, so it costs the statements nothing, and needs no setting of the session, which a
 * pooler in transaction mode would lose.
 */
@Injectable()
export class DatabaseWatch implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(DatabaseWatch.name);
  private readonly lastHeard = new WeakMap<PooledClient, { bytes: number; at: number }>();
  private timer: NodeJS.Timeout | undefined;
  private isStopped = false;
  private isAway = false;
  /** When anything was heard last, or nobody was waiting to hear. */
  private heardAt = performance.now();
  private readonly connection: ReturnType<typeof connectionOptions>;

  constructor(
    private readonly dataSource: DataSource,
    @Inject(CONFIG) config: Pick<Config, 'databaseUrl'>,
  ) {
    this.connection = connectionOptions(config.databaseUrl ?? '');
  }

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
    const pool = (this.dataSource.driver as unknown as { readonly master?: Pool }).master;
    if (!pool) return;
    this.listen(pool);
    if (!this.isAway && performance.now() - this.heardAt < SILENCE_MS) return;
    const failure = await this.ask();
    this.listen(pool);
    const isSilent = this.isAway || performance.now() - this.heardAt >= SILENCE_MS;
    if (this.isStopped) return;
    if (failure !== undefined && isSilent) {
      if (!this.isAway) this.logger.warn(`the database does not answer: ${failure}`);
      this.isAway = true;
      // The idle ones too: they may be as dead as the others, and cost a moment to open again.
      for (const client of pool._clients) client.connection?.stream?.destroy();
    } else if (failure === undefined) {
      if (this.isAway) this.logger.warn('the database answers again');
      this.isAway = false;
      this.heardAt = performance.now();
    }
  }

  /** Notes who has said something since the last time, and cuts who has been silent for too long. */
  private listen(pool: Pool): void {
    const now = performance.now();
    if (pool.totalCount === pool.idleCount) this.heardAt = now;
    for (const client of pool._clients) {
      const bytes = client.connection?.stream?.bytesRead ?? 0;
      const last = this.lastHeard.get(client);
      if (bytes > (last?.bytes ?? 0)) this.heardAt = now;
      if (bytes !== last?.bytes) this.lastHeard.set(client, { bytes, at: now });
      // The pool closes idle ones long before.
      else if (now - last.at > LONGEST_STATEMENT_MS) client.connection?.stream?.destroy();
    }
  }

  /** Why the database does not answer; undefined when it does, be it by a refusal. */
  private async ask(): Promise<string | undefined> {
    const client = new DatabaseClient({
      ...this.connection,
      application_name: 'watcher watch',
      connectionTimeoutMillis: ANSWER_TIMEOUT_MS,
      query_timeout: ANSWER_TIMEOUT_MS,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('SELECT 1');
      return undefined;
    } catch (error) {
      const isAnswer = /^[0-9A-Z]{5}$/.test(sqlStateOf(error) ?? '');
      return isAnswer ? undefined : (error as Error).message;
    } finally {
      // Doesn't wait for a server that doesn't answer.
      client.end().catch(() => undefined);
    }
  }
}
