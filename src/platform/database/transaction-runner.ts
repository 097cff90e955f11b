import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, type QueryRunner } from 'typeorm';
import { CONFIG, type Config } from '../config/config.js';
import { DatabaseState } from './database-state.service.js';
import { DatabaseWatch } from './database-watch.js';
import { GuardedReads } from './guarded-reads.js';
import { isPoolExhausted, sqlStateOf, SqlState } from './database-errors.js';
import { PreparedStatements } from './prepared-statements.js';
import { Semaphore } from './semaphore.js';
import { together } from './together.js';

const ATTEMPTS = 5;
const RETRYABLE: ReadonlySet<string | undefined> = new Set([SqlState.serializationFailure, SqlState.deadlockDetected]);

/** How long a statement of a single request waits for a lock before its transaction is aborted. */
const LOCK_TIMEOUT_MS = 2000;
/** How long a single transaction waits for a connection. */
const QUEUE_TIMEOUT_MS = 3000;
/** Connections reserved for batches, reads and health checks. */
const RESERVED_CONNECTIONS = 4;

/**
 * Settings of one transaction, since a pooler in transaction mode would lose those of a session. Whatever the database
 * is set to, later statements see what others have committed meanwhile, and no statement waits for a lock for long.
 */
function settingsOf(lockTimeoutMs: number): string {
  return `SET TRANSACTION ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = ${Math.ceil(lockTimeoutMs)}`;
}

/** The work of a transaction in two parts, so that its first reads can be sent together with its BEGIN. */
export interface TransactionWork<Loaded, Result> {
  /**
   * Reads the data that the work needs, and may take locks. Its statements are sent before the answer to BEGIN
   * arrives; if BEGIN fails, they run outside of a transaction. So it must not write.
   */
  load(manager: EntityManager): Promise<Loaded>;
  /** Writes. Called inside the transaction, when all previous statements have been answered. */
  apply(manager: EntityManager, loaded: Loaded): Promise<Result>;
}

type FollowUp = () => void | Promise<void>;

/** A statement and its parameters. */
type Statement = readonly [sql: string, parameters: unknown[]];

/** What else belongs to a transaction. */
interface Transaction {
  /** Give the statements that are sent together with COMMIT. */
  readonly last: (() => Statement)[];
  readonly followUps: FollowUp[];
}

/** The result of a committed transaction. */
interface Committed<Result> {
  readonly result: Result;
  readonly followUps: readonly FollowUp[];
}

/**
 * Runs transactions. When PostgreSQL aborts one for a deadlock or a serialisation failure, the whole callback runs
 * again in a new transaction, so it must do nothing but access the database.
 *
 * Another session may keep rows locked for hours. So no statement waits for a lock for long, and waiting statements
 * never hold all the connections: other work continues.
 */
@Injectable()
export class TransactionRunner {
  private readonly transactions = new WeakMap<EntityManager, Transaction>();
  private readonly statements: PreparedStatements;
  private readonly singles: Semaphore;
  private readonly rows = new Map<string, { readonly turn: Semaphore; users: number }>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly watch: DatabaseWatch,
    private readonly state: DatabaseState,
    private readonly reads: GuardedReads,
    @Inject(CONFIG) { poolSize }: Config,
  ) {
    this.statements = PreparedStatements.of(dataSource);
    this.singles = this.semaphore(Math.max(1, poolSize - RESERVED_CONNECTIONS));
  }

  /**
   * Runs reads outside any transaction, one after the other on one connection. A read that waits for a lock on its
   * table for about a second is refused, see {@link GuardedReads}.
   */
  async read<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    try {
      return await this.readOnce(work);
    } catch (error) {
      if (!this.statements.isLost(sqlStateOf(error))) throw error;
      return this.readOnce(work);
    }
  }

  private async readOnce<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    this.watch.requireThere();
    const runner = this.dataSource.createQueryRunner();
    try {
      return await work(this.reads.guard(runner).manager);
    } catch (error) {
      this.state.note(error);
      throw isPoolExhausted(error) ? this.watch.refusal(error) : error;
    } finally {
      await runner.release();
    }
  }

  /**
   * Runs a transaction of a single request. `row` names the row that it locks first, where that is known: transactions
   * that name the same row take turns, so that a row which another session keeps locked holds one connection, not all.
   */
  async run<T>(work: (manager: EntityManager) => Promise<T>, row?: string): Promise<T> {
    this.watch.requireThere();
    const loadsNothing = { load: async () => undefined, apply: work };
    const commit = () => this.singles.run(() => this.commit(loadsNothing, LOCK_TIMEOUT_MS));
    return this.finish(await (row === undefined ? commit() : this.inTurn(row, commit)));
  }

  private semaphore(permits: number): Semaphore {
    return new Semaphore(permits, QUEUE_TIMEOUT_MS, () => this.watch.refusal());
  }

  private async inTurn<T>(row: string, task: () => Promise<T>): Promise<T> {
    const entry = this.rows.get(row) ?? { turn: this.semaphore(1), users: 0 };
    this.rows.set(row, entry);
    entry.users += 1;
    try {
      return await entry.turn.run(task);
    } finally {
      entry.users -= 1;
      if (entry.users === 0) this.rows.delete(row);
    }
  }

  /** Runs a transaction of many requests, without a queue: the caller bounds their number. */
  async runBatch<Loaded, Result>(work: TransactionWork<Loaded, Result>, lockTimeoutMs: number): Promise<Result> {
    return this.finish(await this.commit(work, lockTimeoutMs));
  }

  /**
   * Runs an action when the transaction has committed and its connection is free again, before its caller continues;
   * never if the transaction does not commit. An error of the action reaches the caller, whose transaction stays
   * committed.
   */
  afterCommit(manager: EntityManager, followUp: FollowUp): void {
    this.transactionOf(manager).followUps.push(followUp);
  }

  /**
   * Sends a statement together with COMMIT, without a round trip of its own. `statement` is called when all work of the
   * transaction is done. If the statement fails, nothing is committed and the caller gets its error.
   */
  withCommit(manager: EntityManager, statement: () => Statement): void {
    this.transactionOf(manager).last.push(statement);
  }

  private transactionOf(manager: EntityManager): Transaction {
    const transaction = this.transactions.get(manager);
    if (!transaction) throw new Error('there is no transaction of this runner');
    return transaction;
  }

  private async finish<Result>({ result, followUps }: Committed<Result>): Promise<Result> {
    for (const followUp of followUps) await followUp();
    return result;
  }

  private async commit<Loaded, Result>(
    work: TransactionWork<Loaded, Result>,
    lockTimeoutMs: number,
  ): Promise<Committed<Result>> {
    for (let attempt = 1; ; attempt++) {
      this.watch.requireThere();
      try {
        return await this.attempt(work, lockTimeoutMs);
      } catch (error) {
        this.state.note(error);
        if (isPoolExhausted(error)) throw this.watch.refusal(error);
        if (attempt === ATTEMPTS || !this.isRetryable(sqlStateOf(error))) throw error;
        await sleep(Math.random() * 10 * 2 ** attempt);
      }
    }
  }

  private isRetryable(sqlState: string | undefined): boolean {
    return RETRYABLE.has(sqlState) || this.statements.isLost(sqlState);
  }

  private async attempt<Loaded, Result>(
    work: TransactionWork<Loaded, Result>,
    lockTimeoutMs: number,
  ): Promise<Committed<Result>> {
    const runner = this.dataSource.createQueryRunner();
    const { last, followUps }: Transaction = { last: [], followUps: [] };
    this.transactions.set(runner.manager, { last, followUps });
    try {
      await runner.connect();
      const loaded = await beginAndLoad(runner, lockTimeoutMs, work);
      const result = await work.apply(runner.manager, loaded);
      await commitWith(runner, last);
      return { result, followUps };
    } catch (error) {
      // The first error is the cause; a failure of the rollback adds nothing.
      await runner.rollbackTransaction().catch(() => undefined);
      throw error;
    } finally {
      await runner.release();
    }
  }
}

/**
 * Begins a transaction, sets it up and loads, in one round trip.
 */
async function beginAndLoad<Loaded>(
  runner: QueryRunner,
  lockTimeoutMs: number,
  { load }: Pick<TransactionWork<Loaded, unknown>, 'load'>,
): Promise<Loaded> {
  const begun = runner.startTransaction();
  await sent();
  const setUp = runner.query(settingsOf(lockTimeoutMs));
  await sent();
  const loaded = load(runner.manager);
  return (await together(begun, setUp, loaded))[2];
}

/**
 * Commits, with the last statements in the same round trip. After one that failed PostgreSQL answers COMMIT by rolling
 * back, without an error.
 */
async function commitWith(runner: QueryRunner, last: Transaction['last']): Promise<void> {
  const written: Promise<unknown>[] = [];
  for (const statement of last) {
    const [sql, parameters] = statement();
    written.push(runner.query(sql, parameters));
    await sent();
  }
  await together(...written, runner.commitTransaction());
}

/**
 * Until the statement just asked for has been sent, before its answer. Between asking the query runner and the sending
 * there are only promises, and Node is through with all of them before its next tick.
 */
function sent(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
