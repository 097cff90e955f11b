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
import { INSERT_AMONG_NEW, INSERT_CLOSURE } from './closure.sql.js';

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
    const { among, known } = linksOf(inserted);
    // Roots alone do not need the join, whose planning costs three times the insert of a few rows.
    if (known.length === 0) await queryRunner.query(INSERT_AMONG_NEW, columnsOf(among));
    else await queryRunner.query(INSERT_CLOSURE, [...columnsOf(among), ...columnsOf(known)]);
  }
}

type Link = readonly [above: number, below: number, levels: number];

/**
 * The links of new executions: `among` themselves, each with itself included, and `known`, with the lowest execution
 * above each that existed before.
 */
function linksOf(inserted: readonly Inserted[]): { readonly among: Link[]; readonly known: Link[] } {
  const parentOf = new Map(inserted.map(({ id, parentId }) => [id, parentId]));
  const among: Link[] = [];
  const known: Link[] = [];
  for (const { id } of inserted) {
    let levels = 0;
    for (let above: number | null = id; above !== null; levels++) {
      const parentId = parentOf.get(above);
      if (levels > inserted.length) throw new Error('the parents of executions inserted together form a cycle');
      (parentId === undefined ? known : among).push([above, id, levels]);
      above = parentId ?? null;
    }
  }
  return { among, known };
}

function columnsOf(links: readonly Link[]): number[][] {
  return [links.map(([above]) => above), links.map(([, below]) => below), links.map(([, , levels]) => levels)];
}
