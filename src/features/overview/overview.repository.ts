import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { OpenIncidentsDto } from './overview.dto.js';
import { COUNT_BY_TIME, COUNT_INCIDENTS, COUNT_RUNNING, FIND_RUNNING_ROOTS } from './overview.sql.js';

/** The newest running roots with what is usual for their pipelines. */
export interface RunningRoot {
  readonly id: number;
  readonly pipelineId: number;
  readonly pipelineName: string;
  readonly startDate: Date;
  readonly deadline: Date | null;
  readonly usualMs: number | null;
}

/** Counts by time; arrays are null where nothing was found. */
export interface CountsByTime {
  readonly what: 'started' | 'failed' | 'ended';
  readonly buckets: readonly Date[] | null;
  readonly executions: readonly number[] | null;
  readonly since: Date;
}

/** Reads by the functions that the other modules offer. */
@Injectable()
export class OverviewRepository {
  async countRunning(manager: EntityManager, at: Date, most: number): Promise<{ running: number; late: number }> {
    const [row] = await manager.query<{ running: number; late: number }[]>(COUNT_RUNNING, [at, most]);
    return row ?? { running: 0, late: 0 };
  }

  findRunningRoots(manager: EntityManager, most: number): Promise<RunningRoot[]> {
    return manager.query(FIND_RUNNING_ROOTS, [most]);
  }

  countByTime(manager: EntityManager, from: Date, until: Date, seconds: number, most: number): Promise<CountsByTime[]> {
    return manager.query(COUNT_BY_TIME, [from, until, seconds, most]);
  }

  countIncidents(manager: EntityManager): Promise<OpenIncidentsDto[]> {
    return manager.query(COUNT_INCIDENTS);
  }
}
