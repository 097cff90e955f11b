import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { DatabaseWatch } from './database-watch.js';
import { sqlStateOf, SqlState } from './database-errors.js';

const ATTEMPTS = 5;
const RETRYABLE: ReadonlySet<string | undefined> = new Set([SqlState.serializationFailure, SqlState.deadlockDetected]);

/**
 * Opens transactions. When PostgreSQL ends one for a deadlock or a serialisation failure, the
 * whole callback runs again in a new transaction, so it must do nothing but talk to the database.
 */
@Injectable()
export class TransactionRunner {
  private readonly followUps = new WeakMap<EntityManager, (() => void)[]>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly watch: DatabaseWatch,
  ) {}

  /** Runs single reads, outside any transaction. */
  async read<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    this.watch.requireThere();
    return work(this.dataSource.manager);
  }

  async run<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      this.watch.requireThere();
      try {
        return await this.attempt(work);
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

  private async attempt<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    const followUps: (() => void)[] = [];
    const result = await this.dataSource.transaction((manager) => {
      this.followUps.set(manager, followUps);
      return work(manager);
    });
    for (const followUp of followUps) followUp();
    return result;
  }
}
