import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { COUNT_FILLS, FIND_FROM, LOCK_FILL, MOVE_FILL, SETTLE } from './execution-settlement.sql.js';

/** A backfill pass, and the highest execution id that it has not processed yet. */
export interface Fill {
  readonly name: string;
  readonly position: number;
}

/** The SQL that backfills the columns for SQL users; all methods run in the caller's transaction. */
@Injectable()
export class ExecutionSettlementRepository {
  /** Locks and returns a backfill that is due; undefined if there is none or another replica is processing it. */
  async lockFill(manager: EntityManager, now: Date): Promise<Fill | undefined> {
    const [fill] = await manager.query<Fill[]>(LOCK_FILL, [now]);
    return fill;
  }

  /** The number of unfinished backfills. */
  async countFills(manager: EntityManager): Promise<number> {
    const [row] = await manager.query<{ fills: number }[]>(COUNT_FILLS);
    return row?.fills ?? 0;
  }

  /** Saves the position of a backfill; position 0 means finished. */
  async moveFill(manager: EntityManager, name: string, position: number, now: Date): Promise<void> {
    await manager.query(MOVE_FILL, [name, position, now]);
  }

  /** At most `limit` execution ids, downwards from the position of the backfill. */
  async findNext(manager: EntityManager, { position }: Fill, limit: number): Promise<number[]> {
    const rows = await manager.query<{ id: number }[]>(FIND_FROM, [position, limit]);
    return rows.map(({ id }) => id);
  }

  /** See {@link SETTLE}. */
  async settle(manager: EntityManager, ids: readonly number[]): Promise<void> {
    await manager.query(SETTLE, [ids]);
  }
}
