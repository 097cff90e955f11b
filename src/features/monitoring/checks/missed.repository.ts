import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { DueStart } from '../../pipeline/pipeline-schedule.service.js';
import { SEVERITY_OF } from '../incidents/incident.entity.js';
import { FIND_STARTED, OPEN_MISSED, RESOLVE_MISSED } from './missed.sql.js';

/** An incident of a missed start. */
export interface MissedIncident {
  readonly id: number;
  readonly expectedAt: Date;
  readonly isNew: boolean;
}

/** The statements about incidents of missed starts. Each runs inside the caller's transaction. */
@Injectable()
export class MissedRepository {
  /** The pipelines of those starts that happened. */
  async findStarted(manager: EntityManager, due: readonly DueStart[], now: Date): Promise<Set<number>> {
    const ids = due.map(({ pipelineId }) => pipelineId);
    const since = due.map((start) => start.since);
    const rows: { id: number }[] = await manager.query(FIND_STARTED, [ids, since, now]);
    return new Set(rows.map(({ id }) => id));
  }

  open(manager: EntityManager, missed: readonly DueStart[], now: Date): Promise<MissedIncident[]> {
    const all = (field: keyof DueStart): unknown[] => missed.map((start) => start[field]);
    return manager.query(OPEN_MISSED, [
      now,
      all('pipelineId'),
      all('expectedAt'),
      all('since'),
      all('count'),
      SEVERITY_OF.missed,
    ]);
  }

  /** Returns the ids of the resolved incidents. */
  async resolve(manager: EntityManager, now: Date): Promise<number[]> {
    const [rows]: [{ id: number }[], number] = await manager.query(RESOLVE_MISSED, [now]);
    return rows.map(({ id }) => id);
  }
}
