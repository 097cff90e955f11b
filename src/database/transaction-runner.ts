import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, type QueryRunner } from 'typeorm';
import { CONFIG, type Config } from '../config/config.js';
import { DatabaseWatch } from './database-watch.js';
import { databaseBusy, sqlStateOf, SqlState } from './database-errors.js';
import { together } from './together.js';
import { Turnstile } from './turnstile.js';

const ATTEMPTS = 5;
const RETRYABLE: ReadonlySet<string | undefined> = new Set([SqlState.serializationFailure, SqlState.deadlockDetected]);

/** How long a statement waits for a lock before its transaction is given up; by `run`. */
const LOCK_PATIENCE_MS = 2000;
/** How long a transaction waits for its turn. */
const TURN_PATIENCE_MS = 3000;
/** Connections that single transactions leave to the batches, to reads and to whoever asks how things are. */
const CONNECTIONS_LEFT = 4;

/** For this transaction alone: a pooler in transaction mode would lose a setting of the session. */
const LIMIT_LOCK_WAITS = `SELECT set_config('lock_timeout', $1::text, true)`;

type Work<T> = (manager: EntityManager) => Promise<T>;
/**
 * What it sends before `begun` has resolved goes out together with the transaction's beginning, and may run outside of
 * it, should that fail. So this may read and lock; what writes must wait.
 */
export type EagerWork<T> = (manager: EntityManager, begun: Promise<unknown>) => Promise<T>;

/**
 * Opens transactions. When PostgreSQL ends one for a deadlock or a serialisation failure, the
 * whole callback runs again in a new transaction, so it must do nothing but talk to the database.
 *
 * Somebody may keep rows locked for hours, in a terminal that he has forgotten. So no statement waits
 * for a lock for long, and those that wait never hold all the connections: other work goes on.
 */
@Injectable()
export class TransactionRunner {
  private readonly followUps = new WeakMap<EntityManager, (() => void)[]>();
  private readonly turns: Turnstile;

  constructor(
    private readonly dataSource: DataSource,
    private readonly watch: DatabaseWatch,
    @Inject(CONFIG) { poolSize }: Config,
  ) {
    this.turns = new Turnstile(Math.max(1, poolSize - CONNECTIONS_LEFT), TURN_PATIENCE_MS, databaseBusy);
  }

  /** Runs single reads, outside any transaction. */
  async read<T>(work: Work<T>): Promise<T> {
    this.watch.requireThere();
    return work(this.dataSource.manager);
  }

  /** Runs a transaction of a single request. */
  async run<T>(work: Work<T>): Promise<T> {
    this.watch.requireThere();
    return this.turns.pass(() =>
      this.runBatch(async (manager, begun) => {
        await begun;
        return work(manager);
      }, LOCK_PATIENCE_MS),
    );
  }

  /** Runs a transaction of many requests, at once: the caller bounds how many there are. */
  async runBatch<T>(work: EagerWork<T>, lockPatienceMs: number): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      this.watch.requireThere();
      try {
        return await this.attempt(work, lockPatienceMs);
      } catch (error) {
        if (attempt === ATTEMPTS || !RETRYABLE.has(sqlStateOf(error))) throw error;
        await sleep(Math.random() * 10 * 2 ** attempt);
      }
    }
  }

  /** Has something done when the transaction has committed, and not at all when it doesn't; it must not throw. */
  afterCommit(manager: EntityManager, followUp: () => void): void {
    const followUps = this.followUps.get(manager);
    if (!followUps) throw new Error('there is no transaction of this runner to follow');
    followUps.push(followUp);
  }

  /** As TypeORM's own `transaction`, but that its beginning is not waited for. */
  private async attempt<T>(work: EagerWork<T>, lockPatienceMs: number): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    const followUps: (() => void)[] = [];
    this.followUps.set(runner.manager, followUps);
    let result: T;
    try {
      await runner.connect();
      const begun = this.begin(runner, lockPatienceMs);
      await sentOut();
      [, result] = await together([begun, work(runner.manager, begun)]);
      await runner.commitTransaction();
    } catch (error) {
      // What went wrong first is what counts, not that the rollback met it too.
      await runner.rollbackTransaction().catch(() => undefined);
      throw error;
    } finally {
      await runner.release();
    }
    for (const followUp of followUps) followUp();
    return result;
  }

  private async begin(runner: QueryRunner, lockPatienceMs: number): Promise<void> {
    const started = runner.startTransaction();
    await sentOut();
    await together([started, runner.query(LIMIT_LOCK_WAITS, [lockPatienceMs])]);
  }
}

/**
 * Lets the beginning of a transaction get ahead of what is asked of the query runner after this: between the asking and
 * the sending there are only promises, more of them for a beginning than for a statement, and Node is through with them
 * before its next tick.
 */
function sentOut(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
