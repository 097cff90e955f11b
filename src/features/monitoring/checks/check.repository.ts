import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import {
  COUNT_FRESHNESS,
  COUNT_TIMELINESS,
  ENDED_SINCE,
  ESCALATE_LATE,
  ESCALATE_STALE,
  LOCK_CHECK,
  NOTE_LATE_ENDS,
  OPEN_LATE,
  OPEN_LATE_ENDS,
  OPEN_STALE,
  RESOLVE_FAILED,
  RESOLVE_LATE,
  RESOLVE_STALE,
} from './check.sql.js';

export const CHECKS = ['freshness', 'timeliness', 'lost', 'missed'] as const;
export type Check = (typeof CHECKS)[number];

/** The checks whose subjects can be counted. */
export type CountedCheck = 'freshness' | 'timeliness';

/** The ids of the incidents that a check opened and resolved. */
export interface Findings {
  readonly opened: readonly number[];
  readonly resolved: readonly number[];
  /** Warnings that became critical. */
  readonly escalated?: readonly number[];
  /** Those of the opened ones that are too old for a message. */
  readonly isHistory?: ReadonlySet<number>;
}

const COUNT: Record<CountedCheck, string> = { freshness: COUNT_FRESHNESS, timeliness: COUNT_TIMELINESS };

/** The statements of the checks, see `check.sql.ts`. Each runs inside the caller's transaction. */
@Injectable()
export class CheckRepository {
  /** Waits until no other check of the kind runs; holds the lock until the transaction ends. */
  async lock(manager: EntityManager, check: Check): Promise<void> {
    await manager.query(LOCK_CHECK, [check]);
  }

  async freshness(manager: EntityManager, now: Date): Promise<Findings> {
    const escalated = await this.update(manager, ESCALATE_STALE, now);
    const opened = await this.insert(manager, OPEN_STALE, now);
    return { opened, resolved: await this.update(manager, RESOLVE_STALE, now), escalated };
  }

  async timeliness(manager: EntityManager, now: Date): Promise<Findings> {
    const ended = await this.insert(manager, OPEN_LATE_ENDS, now);
    const escalated = await this.update(manager, ESCALATE_LATE, now);
    const running = await this.insert(manager, OPEN_LATE, now);
    const timely = await this.update(manager, RESOLVE_LATE, now);
    const recovered = await this.update(manager, RESOLVE_FAILED, now);
    return { opened: [...ended, ...running], resolved: [...timely, ...recovered], escalated };
  }

  /** Records executions that ended late, for the next check. */
  async noteLateEnds(manager: EntityManager, executionIds: readonly number[]): Promise<void> {
    await manager.query(NOTE_LATE_ENDS, [executionIds]);
  }

  /** The number of pipelines or executions that a check covers. Counts them all, so its cost grows with them. */
  async count(manager: EntityManager, check: CountedCheck): Promise<number> {
    const [row]: { checked: number }[] = await manager.query(COUNT[check]);
    return row?.checked ?? 0;
  }

  /** Those of the late executions' incidents that ended at or after a moment. */
  async endedSince(manager: EntityManager, incidentIds: readonly number[], moment: Date): Promise<number[]> {
    const rows: { id: number }[] = await manager.query(ENDED_SINCE, [incidentIds, moment]);
    return rows.map(({ id }) => id);
  }

  private async insert(manager: EntityManager, statement: string, now: Date): Promise<number[]> {
    const rows: { id: number }[] = await manager.query(statement, [now]);
    return rows.map(({ id }) => id);
  }

  private async update(manager: EntityManager, statement: string, now: Date): Promise<number[]> {
    const [rows]: [{ id: number }[], number] = await manager.query(statement, [now]);
    return rows.map(({ id }) => id);
  }
}
