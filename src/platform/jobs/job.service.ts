import { Inject, Injectable, Logger } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown, OnModuleDestroy } from '@nestjs/common';
import { type Db, PgBoss, type QueueOptions, type QueuePolicy } from 'pg-boss';
import { DataSource, type EntityManager, type QueryRunner } from 'typeorm';
import { DomainError } from '../errors/domain-error.js';
import { CONFIG, type Config } from '../config/config.js';
import { TransactionRunner } from '../database/transaction-runner.js';

/** Handles a job. `signal` aborts when the service stops or the job takes too long. */
type Handle = (data: unknown, signal: AbortSignal) => Promise<void>;

/** A queue of jobs: each is handled at least once, by one replica at a time. */
export interface JobQueue {
  readonly name: string;
  /** Adds a job by this cron expression (UTC), once for all replicas. */
  readonly cron?: string;
  /** How often the queue is polled: the maximum delay of a job that another replica added. */
  readonly pollSeconds: number;
  /** The number of jobs that this process handles at once, one of each group; 1 by default. */
  readonly concurrency?: number;
  readonly options: QueueOptions & { readonly policy?: QueuePolicy };
  readonly handle: Handle;
}

/** A job to add, due at once or at a given moment. */
export interface NewJob {
  readonly data: object;
  /**
   * Jobs of one group run one after the other, jobs of different groups do not wait; see {@link JobQueue.concurrency}.
   */
  readonly group?: string;
  readonly startAfter?: Date;
}

/** The part of `pg`'s pool that runs statements. */
interface Pool {
  query(text: string, values?: unknown[]): Promise<Rows | Rows[]>;
}
interface Rows {
  readonly rows: unknown[];
}

const SCHEMA = 'watcher_job';
/** How often the schedule is examined: a check is late by at most twice this. */
const CRON_SECONDS = 5;
/** How often the service looks for a schema that is migrated externally. */
const LOOK_AGAIN_MS = 2000;
/** How long running jobs may take to end after they are signalled. */
const STOP_WITHIN_MS = 2000;

/**
 * Jobs in PostgreSQL by pg-boss (see docs/adr): on the service's own pool, without LISTEN and session locks, so that a
 * pooler may be used. A migration creates its schema; without a registered queue nothing runs.
 */
@Injectable()
export class JobService implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown {
  private readonly logger = new Logger(JobService.name);
  private readonly stopping = new AbortController();
  private readonly queues: JobQueue[] = [];
  private readonly workers = new Map<string, string[]>();
  private boss: PgBoss | undefined;
  private later: NodeJS.Timeout | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: TransactionRunner,
    @Inject(CONFIG) private readonly config: Pick<Config, 'migrate'>,
  ) {}

  /** Call this while the modules are initialised. */
  register(queue: JobQueue): void {
    this.queues.push(queue);
  }

  /** Adds jobs to a registered queue in the caller's transaction; this replica polls for them after the commit. */
  async add(manager: EntityManager, queue: string, jobs: readonly NewJob[]): Promise<void> {
    if (!this.boss) throw new DomainError('unavailable', 'migrations_pending', 'The schema is not up to date.');
    if (!manager.queryRunner?.isTransactionActive) throw new Error('jobs are added inside a transaction');
    const inserted = jobs.map(({ group, ...job }) => ({
      ...job,
      ...(group !== undefined && { group: { id: group } }),
    }));
    await this.boss.insert(queue, inserted, { db: inTransaction(manager.queryRunner) });
    if (jobs.some(({ startAfter }) => !startAfter)) this.transactions.afterCommit(manager, () => this.wake(queue));
  }

  async onApplicationBootstrap(): Promise<void> {
    if (this.queues.length > 0) await this.startWhenMigrated();
  }

  /** Requests may still be in progress and add jobs; only running jobs are signalled to end. */
  onModuleDestroy(): void {
    this.stopping.abort();
    clearTimeout(this.later);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.boss?.stop({ graceful: true, timeout: STOP_WITHIN_MS });
  }

  /**
   * With an external migration, the service starts without its schema and is not ready; the jobs then start later too.
   */
  private async startWhenMigrated(): Promise<void> {
    try {
      const boss = await this.start();
      for (const queue of this.queues) await this.open(boss, queue);
      this.boss = boss;
    } catch (error) {
      if (this.config.migrate) throw error;
      this.logger.warn({ err: error }, 'no jobs yet');
      if (this.stopping.signal.aborted) return;
      this.later = setTimeout(() => void this.startWhenMigrated(), LOOK_AGAIN_MS).unref();
    }
  }

  private async start(): Promise<PgBoss> {
    const { master } = this.dataSource.driver as unknown as { readonly master: Pool };
    const boss = new PgBoss({
      db: onPool(master),
      schema: SCHEMA,
      // Our migration installs the first version; a newer library applies its own changes.
      migrate: this.config.migrate,
      createSchema: false,
      schedule: this.queues.some(({ cron }) => cron !== undefined),
      cronMonitorIntervalSeconds: CRON_SECONDS,
      cronWorkerIntervalSeconds: CRON_SECONDS,
      registerInstance: false,
      reindex: false,
      monitorVacuum: false,
      openTelemetry: { enabled: false },
    });
    boss.on('error', (error: Error) => this.logger.error({ err: error }, 'jobs'));
    return boss.start();
  }

  private async open(boss: PgBoss, queue: JobQueue): Promise<void> {
    await boss.createQueue(queue.name, queue.options);
    // A schedule stays in the database until it is taken away.
    if (queue.cron === undefined) await boss.unschedule(queue.name);
    else await boss.schedule(queue.name, queue.cron, null, { tz: 'UTC' });
    const options = { batchSize: 1, pollingIntervalSeconds: queue.pollSeconds, localGroupConcurrency: 1 };
    const workers: string[] = [];
    this.workers.set(queue.name, workers);
    // One by one rather than by `localConcurrency`, which returns the id of the first worker only.
    for (let started = 0; started < (queue.concurrency ?? 1); started++) {
      const worker = await boss.work(queue.name, options, async ([job]) => {
        if (!job) return;
        // Otherwise it would wait for its next poll even if more jobs are due.
        this.wake(queue.name);
        await this.handle(queue, job.data, job.signal);
      });
      workers.push(worker);
    }
  }

  private wake(queue: string): void {
    for (const worker of this.workers.get(queue) ?? []) this.boss?.notifyWorker(worker);
  }

  private async handle(queue: JobQueue, data: unknown, signal: AbortSignal): Promise<void> {
    try {
      await queue.handle(data, AbortSignal.any([this.stopping.signal, signal]));
    } catch (error) {
      if (!this.stopping.signal.aborted) this.logger.error({ err: error, queue: queue.name }, 'a job failed');
      throw error;
    }
  }
}

/** Runs statements of pg-boss in a transaction of TypeORM. */
function inTransaction(runner: QueryRunner): Db {
  return {
    executeSql: async (text, values) => ({ rows: (await runner.query(text, values, true)).records as unknown[] }),
  };
}

/** Runs statements of pg-boss on the pool; some contain several, and it expects the rows of each. */
function onPool(pool: Pool): Db {
  return {
    executeSql: async (text, values) => {
      const results = [await pool.query(text, values)].flat();
      return { rows: results.flatMap(({ rows }) => rows ?? []) };
    },
  };
}
