import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
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

  get values(): unknown[] {
    return [[...this.roots], [...this.executions], [...this.pipelines], this.moved, this.everything];
  }
}

/**
 * Notes what each transaction changes, as one row that is sent together with its COMMIT. The hint and the change become
 * visible together, so a page that asks for hints never misses one. Incidents have a trigger instead.
 */
@Injectable()
export class ChangeLog {
  private readonly noted = new WeakMap<EntityManager, Noted>();

  constructor(private readonly transactions: TransactionRunner) {}

  /** Part of the caller's transaction. What a savepoint undoes stays noted: a hint too many does no harm. */
  note(manager: EntityManager, change: Change): void {
    const noted = this.noted.get(manager) ?? this.begin(manager);
    for (const kind of ['roots', 'executions', 'pipelines'] as const) {
      for (const id of change[kind] ?? []) noted[kind].add(id);
    }
    noted.moved ||= change.moved ?? false;
    noted.everything ||= change.everything ?? false;
  }

  private begin(manager: EntityManager): Noted {
    const noted = new Noted();
    this.transactions.withCommit(manager, () => [INSERT_HINT, noted.values]);
    this.noted.set(manager, noted);
    return noted;
  }
}
