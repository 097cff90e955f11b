import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DELETE_ENDED, FIND_ABANDONED, FIND_SILENT, NOTE_CHECK } from './lost-execution.sql.js';

/** A running execution that was not heard of for too long. */
export interface SilentExecution {
  readonly id: number;
  /** Its last sign of life. */
  readonly heardAt: Date;
}

/** The most executions that one check declares lost; the next one finds the rest. */
const MOST_LOST = 10_000;

/** The SQL of the check of lost executions; runs in the caller's transaction. */
@Injectable()
export class LostExecutionRepository {
  /** See {@link NOTE_CHECK}. */
  async noteCheck(manager: EntityManager, now: Date, reachableSince: Date): Promise<Date | null> {
    const [row] = await manager.query<{ listeningSince: Date | null }[]>(NOTE_CHECK, [now, reachableSince]);
    return row?.listeningSince ?? null;
  }

  async deleteEnded(manager: EntityManager): Promise<void> {
    await manager.query(DELETE_ENDED);
  }

  /** See {@link FIND_SILENT}. */
  findSilent(manager: EntityManager, now: Date, listeningSince: Date | null): Promise<SilentExecution[]> {
    return manager.query(FIND_SILENT, [now, listeningSince, MOST_LOST]);
  }

  /** See {@link FIND_ABANDONED}. */
  findAbandoned(manager: EntityManager, moment: Date): Promise<SilentExecution[]> {
    return manager.query(FIND_ABANDONED, [moment, MOST_LOST]);
  }
}
