import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { COUNT_FILLS, FIND_FROM, LOCK_FILL, MOVE_FILL, SETTLE } from './execution-settlement.sql.js';

/** A pass through the executions, and the highest id that is still to be looked at. */
export interface Fill {
  readonly name: string;
  readonly position: number;
}

/** The SQL of the columns that are written after the row; each method inside the caller's transaction. */
@Injectable()
export class ExecutionSettlementRepository {
  /** A fill that is due, locked; undefined when there is none, or another replica is at it. */
  async lockFill(manager: EntityManager, now: Date): Promise<Fill | undefined> {
    const [fill] = await manager.query<Fill[]>(LOCK_FILL, [now]);
    return fill;
  }

  /** How many fills are not finished. */
  async countFills(manager: EntityManager): Promise<number> {
    const [row] = await manager.query<{ fills: number }[]>(COUNT_FILLS);
    return row?.fills ?? 0;
  }

  /** Notes how far a fill has come; it is finished at 0. */
  async moveFill(manager: EntityManager, name: string, position: number, now: Date): Promise<void> {
    await manager.query(MOVE_FILL, [name, position, now]);
  }

  /** At most `limit` ids of executions, from the fill's position downwards. */
  async findNext(manager: EntityManager, { position }: Fill, limit: number): Promise<number[]> {
    const rows = await manager.query<{ id: number }[]>(FIND_FROM, [position, limit]);
    return rows.map(({ id }) => id);
  }

  /** See {@link SETTLE}. */
  async settle(manager: EntityManager, ids: readonly number[]): Promise<void> {
    await manager.query(SETTLE, [ids]);
  }
}
