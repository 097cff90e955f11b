import { Injectable } from '@nestjs/common';
import {
  DataSource,
  type EntityManager,
  type EntitySubscriberInterface,
  type QueryRunner,
  type TransactionCommitEvent,
  type TransactionRollbackEvent,
} from 'typeorm';
import { INSERT_HINT } from './change-hint.sql.js';

/** What a part of a transaction changed. */
export interface Change {
  /** Roots of trees of which something changed; ids of other executions do no harm. */
  readonly roots?: readonly number[];
  readonly executions?: readonly number[];
  readonly pipelines?: readonly number[];
  /** Whether executions of these trees moved or were deleted. */
  readonly moved?: boolean;
  /** Whether anything may have changed. */
  readonly everything?: boolean;
}

class Noted {
  readonly roots = new Set<number>();
  readonly executions = new Set<number>();
  readonly pipelines = new Set<number>();
  moved = false;
  everything = false;
}

/**
 * Notes what each transaction changes, as one row that is written just before its commit. The hint and the change become
 * visible together, so a page that asks for hints never misses one. Incidents have a trigger instead.
 */
@Injectable()
export class ChangeLog implements EntitySubscriberInterface {
  private readonly noted = new WeakMap<QueryRunner, Noted>();

  constructor(dataSource: DataSource) {
    dataSource.subscribers.push(this);
  }

  /** Part of the caller's transaction. */
  note({ queryRunner }: EntityManager, change: Change): void {
    if (!queryRunner?.isTransactionActive) throw new Error('changes are noted inside a transaction');
    const noted = this.noted.get(queryRunner) ?? new Noted();
    this.noted.set(queryRunner, noted);
    for (const kind of ['roots', 'executions', 'pipelines'] as const) {
      for (const id of change[kind] ?? []) noted[kind].add(id);
    }
    noted.moved ||= change.moved ?? false;
    noted.everything ||= change.everything ?? false;
  }

  async beforeTransactionCommit({ queryRunner }: TransactionCommitEvent): Promise<void> {
    const noted = this.noted.get(queryRunner);
    if (!noted) return;
    this.noted.delete(queryRunner);
    const { roots, executions, pipelines, moved, everything } = noted;
    await queryRunner.query(INSERT_HINT, [[...roots], [...executions], [...pipelines], moved, everything]);
  }

  afterTransactionRollback({ queryRunner }: TransactionRollbackEvent): void {
    this.noted.delete(queryRunner);
  }
}
