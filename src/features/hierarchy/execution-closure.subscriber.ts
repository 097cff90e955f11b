import { Injectable } from '@nestjs/common';
import {
  DataSource,
  type EntityManager,
  type EntitySubscriberInterface,
  type InsertEvent,
  type QueryRunner,
  type TransactionCommitEvent,
  type TransactionRollbackEvent,
  type TransactionStartEvent,
} from 'typeorm';
import { ExecutionEntity } from '../execution/execution.entity.js';
import { INSERT_CLOSURE, INSERT_SELF } from './closure.sql.js';

/** An inserted execution whose closure rows are still to be written. */
interface Inserted {
  readonly id: number;
  readonly parentId: number | null;
}

/**
 * Keeps the closure exact at every commit: notes each inserted execution, and writes all their
 * closure rows in one statement just before the transaction commits, so that rows and executions
 * become visible together or not at all.
 */
@Injectable()
export class ExecutionClosureSubscriber implements EntitySubscriberInterface<ExecutionEntity> {
  private readonly pending = new WeakMap<QueryRunner, Inserted[]>();

  constructor(dataSource: DataSource) {
    dataSource.subscribers.push(this);
  }

  listenTo(): typeof ExecutionEntity {
    return ExecutionEntity;
  }

  /**
   * Notes the execution before it is inserted, when its id is drawn already: the ids that a multi-row INSERT returns may
   * come in another order than its rows. Throws outside a transaction, where the row would be there for good too early.
   */
  beforeInsert({ entity, queryRunner }: InsertEvent<ExecutionEntity>): void {
    if (!queryRunner.isTransactionActive) {
      throw new Error('an execution was inserted outside a transaction: its closure rows would come too late');
    }
    if (!entity.id) throw new Error('an execution was inserted without an id: its closure rows need it before');
    const inserted = this.pending.get(queryRunner) ?? [];
    inserted.push({ id: entity.id, parentId: entity.parentId ?? null });
    this.pending.set(queryRunner, inserted);
  }

  /** A savepoint begins: what came before it must not be lost when it is rolled back. */
  async beforeTransactionStart({ queryRunner }: TransactionStartEvent): Promise<void> {
    await this.write(queryRunner);
  }

  async beforeTransactionCommit({ queryRunner }: TransactionCommitEvent): Promise<void> {
    await this.write(queryRunner);
  }

  afterTransactionRollback({ queryRunner }: TransactionRollbackEvent): void {
    this.pending.delete(queryRunner);
  }

  /** Writes the rows of what has been inserted so far, for those that go on working with them in the transaction. */
  async flush({ queryRunner }: EntityManager): Promise<void> {
    if (!queryRunner) throw new Error('there is no transaction whose closure rows could be written');
    await this.write(queryRunner);
  }

  private async write(queryRunner: QueryRunner): Promise<void> {
    const inserted = this.pending.get(queryRunner);
    if (!inserted) return;
    this.pending.delete(queryRunner);
    for (const level of levelsOf(inserted)) {
      const ids = level.map(({ id }) => id);
      const parentIds = level.map(({ parentId }) => parentId);
      // Roots alone are spared the planning of the join, which for a few rows costs three times their insert.
      if (parentIds.every((parentId) => parentId === null)) await queryRunner.query(INSERT_SELF, [ids]);
      else await queryRunner.query(INSERT_CLOSURE, [ids, parentIds]);
    }
  }
}

/**
 * The executions by levels, parents before their children, since the rows of a child are made from
 * those of its parent. One level unless a parent was inserted in the same transaction.
 */
function levelsOf(inserted: readonly Inserted[]): Inserted[][] {
  const levels: Inserted[][] = [];
  let waiting = [...inserted];
  while (waiting.length > 0) {
    const ids = new Set(waiting.map(({ id }) => id));
    const isReady = ({ parentId }: Inserted): boolean => parentId === null || !ids.has(parentId);
    const ready = waiting.filter(isReady);
    if (ready.length === 0) throw new Error('executions inserted together are each other’s ancestors');
    levels.push(ready);
    waiting = waiting.filter((execution) => !isReady(execution));
  }
  return levels;
}
