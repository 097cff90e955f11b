import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { ExecutionAttemptEntity } from './execution-attempt.entity.js';
import { FIND_ATTEMPTS, FIND_SLOTS, INSERT_ATTEMPTS, LOCK_SLOTS, SUPERSEDE } from './execution-attempt.sql.js';

/** The slot of an execution. */
export interface SlotOfExecution {
  readonly id: number;
  readonly slotId: number;
  /** True if its start has not been reported yet. */
  readonly expected: boolean;
}

/** Owns the SQL of `pipeline_execution_attempt`. */
@Injectable()
export class ExecutionAttemptRepository {
  findSlots(manager: EntityManager, ids: readonly number[]): Promise<SlotOfExecution[]> {
    return manager.query(FIND_SLOTS, [ids]);
  }

  /** Lowest attempt first; no rows for a slot that has only attempt 1. */
  findAttempts(manager: EntityManager, slotIds: readonly number[]): Promise<ExecutionAttemptEntity[]> {
    return manager.query(FIND_ATTEMPTS, [slotIds]);
  }

  async lockSlots(manager: EntityManager, slotIds: readonly number[]): Promise<void> {
    await manager.query(LOCK_SLOTS, [slotIds.toSorted((a, b) => a - b)]);
  }

  async insert(manager: EntityManager, attempts: readonly ExecutionAttemptEntity[]): Promise<void> {
    await manager.query(INSERT_ATTEMPTS, [
      attempts.map(({ slotId }) => slotId),
      attempts.map(({ attempt }) => attempt),
      attempts.map(({ executionId }) => executionId),
    ]);
  }

  async supersede(manager: EntityManager, ids: readonly number[]): Promise<void> {
    await manager.query(SUPERSEDE, [ids]);
  }
}
