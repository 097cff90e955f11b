import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { FIND_ANCESTORS, FIND_ENDED, FIND_SLOW, LOCK_SLOW_CHECK } from './slow.sql.js';

/** A running execution that takes longer than usual. */
export interface SlowExecution {
  readonly id: number;
  readonly pipelineId: number;
  readonly rootId: number;
  readonly startDate: Date;
  readonly slowAt: Date;
}

/** The SQL of the check for slow executions. */
@Injectable()
export class SlowRepository {
  async lock(manager: EntityManager): Promise<void> {
    await manager.query(LOCK_SLOW_CHECK);
  }

  /** The longest slow ones first. */
  find(manager: EntityManager, now: Date): Promise<SlowExecution[]> {
    return manager.query(FIND_SLOW, [now]);
  }

  /** Those of the executions that have ended. */
  async findEnded(manager: EntityManager, ids: readonly number[]): Promise<number[]> {
    if (ids.length === 0) return [];
    const rows: { id: number }[] = await manager.query(FIND_ENDED, [ids]);
    return rows.map(({ id }) => id);
  }

  /** The executions above each of these, nearest first. */
  async findAncestors(manager: EntityManager, ids: readonly number[]): Promise<Map<number, number[]>> {
    const rows: { id: number; ancestorId: number }[] = await manager.query(FIND_ANCESTORS, [ids]);
    const byId = Map.groupBy(rows, ({ id }) => id);
    return new Map([...byId].map(([id, above]) => [id, above.map(({ ancestorId }) => ancestorId)]));
  }
}
