import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import type pg from 'pg';
import { DataSource, QueryFailedError } from 'typeorm';
import { CONFIG, type Config } from '../config/config.js';
import { besidePool } from './beside-pool.js';
import { poolOf, renewConnections } from './connection-pool.js';
import {
  asDomainError,
  type DatabaseFault,
  databaseUnusable,
  faultOf,
  readOnly,
  sqlStateOf,
  SqlState,
} from './database-errors.js';
import { IS_READ_ONLY } from './writable-server.js';

/** How often an unusable database is probed. */
const TRY_EVERY_MS = 500;
/**
 * How long a fault lasts after the last work that met it, whatever a probe shows: a probe can't do everything that
 * work does.
 */
const HOLD_MS = 1000;
const TRIAL_TIMEOUT_MS = 2000;
/** How often the log repeats that the database is still unusable. */
const REMIND_EVERY_MS = 60_000;

/** For a transaction: with this setting, data beyond this size goes to the disk of the database. */
const SPILL = `SELECT set_config('work_mem', '64kB', true), set_config('temp_tablespaces', '', true)`;
/** More than 1 MB, which is freed with the statement. */
const WRITE_TO_DISK = `SELECT count(*) FROM generate_series(1, 100000)`;

interface Met extends DatabaseFault {
  readonly error: unknown;
  at: number;
  saidAt: number;
}

/**
 * Tracks whether the database can be used, and the reason if not: it is read-only, its disk is full, it refuses the
 * service's password. Failing work reports the error ({@link note}), readiness includes it ({@link check}), and the
 * log repeats it once a minute. From then on the service probes the database on a separate connection, until it can be
 * used again. Work is never refused because of this state: operations that still succeed, such as reads, continue.
 */
@Injectable()
export class DatabaseState implements OnModuleDestroy {
  private readonly logger = new Logger(DatabaseState.name);
  private met: Met | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isStopped = false;

  constructor(
    private readonly dataSource: DataSource,
    @Inject(CONFIG) private readonly config: Pick<Config, 'databaseUrl'>,
  ) {}

  onModuleDestroy(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  /** Records the reason why work failed; ignores errors that are unrelated to the state of the database. */
  note(error: unknown): void {
    const fault = faultOf(error);
    if (!fault?.isLasting || this.isStopped) return;
    // The server that refuses writes may have been the primary a moment ago, and the address may lead to the new one
    // now.
    if (sqlStateOf(error) === SqlState.readOnlyTransaction) this.renewConnections();
    const now = performance.now();
    const isNews = this.met?.code !== fault.code;
    const saidAt = this.met && !isNews && now - this.met.saidAt < REMIND_EVERY_MS ? this.met.saidAt : now;
    if (saidAt === now) this.logger.error(`the database can't be used (${fault.code}): ${(error as Error).message}`);
    // The failed statement is not that of a probe.
    const isTrial = this.met && !isNews && !(error instanceof QueryFailedError);
    this.met = { ...fault, error: isTrial ? this.met?.error : error, at: now, saidAt };
    this.timer ??= this.tryLater();
  }

  /**
   * Tests on a connection of the pool whether the database can be used. @throws DomainError `unavailable`, with the
   * reason
   */
  async check(): Promise<void> {
    if (this.met) throw databaseUnusable(this.met);
    try {
      const [row] = await this.dataSource.query<{ isReadOnly: boolean }[]>(IS_READ_ONLY);
      if (row?.isReadOnly) throw readOnly();
    } catch (error) {
      this.note(error);
      throw asDomainError(error) ?? error;
    }
  }

  private renewConnections(): void {
    const pool = poolOf(this.dataSource);
    if (pool) renewConnections(pool);
  }

  private tryLater(): NodeJS.Timeout {
    return setTimeout(() => void this.tryAgain(), TRY_EVERY_MS).unref();
  }

  private async tryAgain(): Promise<void> {
    const { met } = this;
    if (!met) return;
    const outcome = await besidePool(this.config.databaseUrl, 'watcher watch', TRIAL_TIMEOUT_MS, (client) =>
      tryOut(client, met),
    ).catch((error: unknown) => error);
    this.timer = undefined;
    if (this.isStopped) return;
    if (outcome !== undefined) this.note(outcome);
    else if (performance.now() - (this.met?.at ?? 0) >= HOLD_MS) {
      this.logger.warn(`the database can be used again (${met.code} is over)`);
      this.met = undefined;
      // Connections opened meanwhile may be read-only for good.
      if (sqlStateOf(met.error) === SqlState.readOnlyTransaction) this.renewConnections();
      return;
    }
    this.timer ??= this.tryLater();
  }
}

/** Repeats the failed operation as far as possible without leaving traces; throws if it still fails. */
async function tryOut(client: pg.Client, { code, error }: Met): Promise<void> {
  await client.query('BEGIN');
  const { rows } = await client.query<{ isReadOnly: boolean }>(IS_READ_ONLY);
  if (rows[0]?.isReadOnly) throw readOnly();
  if (code === 'database_full' || code === 'database_storage_failed') {
    await client.query(SPILL);
    await client.query(WRITE_TO_DISK);
  }
  if (code === 'database_permission_denied' && error instanceof QueryFailedError) await tryRights(client, error);
}

/** EXPLAIN requires the rights that the statement requires, and changes nothing. */
async function tryRights(client: pg.Client, { query, parameters }: QueryFailedError): Promise<void> {
  // oxlint-disable-next-line sql/no-built-sql -- a statement of the service's own, as it was sent before
  await client.query(`EXPLAIN ${query}`, (parameters ?? []) as unknown[]).catch((error: unknown) => {
    if (sqlStateOf(error) === SqlState.insufficientPrivilege) throw error;
  });
}
