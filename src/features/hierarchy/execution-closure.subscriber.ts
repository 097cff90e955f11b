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

/** An inserted execution whose closure rows have not been written yet. */
interface Inserted {
  readonly id: number;
  readonly parentId: number | null;
}

/**
 * Keeps the closure exact at every commit: it collects the inserted executions and writes their closure rows in one
 * statement just before the transaction commits, so that executions and rows become visible together.
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
   * Records the execution before the insert, when its id is already assigned: a multi-row INSERT may return ids in
   * another order than its rows. Throws outside a transaction, because the execution would be committed before its
   * closure rows.
   */
  beforeInsert({ entity, queryRunner }: InsertEvent<ExecutionEntity>): void {
    if (!queryRunner.isTransactionActive) {
      throw new Error('an execution was inserted outside a transaction: its closure rows would be written too late');
    }
    if (!entity.id) throw new Error('an execution was inserted without an id, which its closure rows need');
    const inserted = this.pending.get(queryRunner) ?? [];
    inserted.push({ id: entity.id, parentId: entity.parentId ?? null });
    this.pending.set(queryRunner, inserted);
  }

  /** Saves the state at a savepoint, so that a rollback to it does not lose earlier executions. */
  async beforeTransactionStart({ queryRunner }: TransactionStartEvent): Promise<void> {
    await this.write(queryRunner);
  }

  async beforeTransactionCommit({ queryRunner }: TransactionCommitEvent): Promise<void> {
    await this.write(queryRunner);
  }

  afterTransactionRollback({ queryRunner }: TransactionRollbackEvent): void {
    this.pending.delete(queryRunner);
  }

  /** Writes the closure rows of the executions inserted so far, for code that needs them in the same transaction. */
  async flush({ queryRunner }: EntityManager): Promise<void> {
    if (!queryRunner) throw new Error('closure rows can be written only in a transaction');
    await this.write(queryRunner);
  }

  private async write(queryRunner: QueryRunner): Promise<void> {
    const inserted = this.pending.get(queryRunner);
    if (!inserted) return;
    this.pending.delete(queryRunner);
    for (const level of levelsOf(inserted)) {
      const ids = level.map(({ id }) => id);
      const parentIds = level.map(({ parentId }) => parentId);
      // Roots alone do not need the join, whose planning costs three times the insert of a few rows.
      if (parentIds.every((parentId) => parentId === null)) await queryRunner.query(INSERT_SELF, [ids]);
      else await queryRunner.query(INSERT_CLOSURE, [ids, parentIds]);
    }
  }
}

/**
 * Groups the executions by level, because the rows of a child are built from those of its parent. There is one level
 * unless a parent was inserted in the same transaction.
 */
function levelsOf(inserted: readonly Inserted[]): Inserted[][] {
  const levels: Inserted[][] = [];
  let waiting = [...inserted];
  while (waiting.length > 0) {
    const ids = new Set(waiting.map(({ id }) => id));
    const isReady = ({ parentId }: Inserted): boolean => parentId === null || !ids.has(parentId);
    const ready = waiting.filter(isReady);
    if (ready.length === 0) throw new Error('the parents of executions inserted together form a cycle');
    levels.push(ready);
    waiting = waiting.filter((execution) => !isReady(execution));
  }
  return levels;
}
