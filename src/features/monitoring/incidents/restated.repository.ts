import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { FailedTree, FailureIncident } from './failure.repository.js';
import {
  FAILED_PIPELINES_BELOW,
  OPEN_INCIDENTS,
  OPEN_TOPS,
  RESOLVE_RESTATED,
  RESTATE_INCIDENTS,
  TOPS_OF,
  UNCOVERED_FAILURES,
} from './restated.sql.js';

/** An execution without any above it that is known of. */
export interface Top {
  readonly id: number;
  readonly rootId: number;
  readonly pipelineId: number;
  readonly endDate: Date | null;
  readonly externalId: string | null;
}

/** A failed one. */
export interface FailedTop extends Top {
  readonly endDate: Date;
}

/** An open failure of a pipeline. */
export interface OpenFailure {
  readonly id: number;
  readonly pipelineId: number;
  /** The last failure. */
  readonly executionId: number;
  readonly rootId: number;
  readonly externalId: string | null;
  /** Its end. */
  readonly since: Date;
  readonly occurrences: number;
}

/** The SQL that derives the failures of pipelines anew; runs in the caller's transaction. */
@Injectable()
export class RestatedRepository {
  /** See {@link TOPS_OF}. */
  topsOf(manager: EntityManager, ids: readonly number[]): Promise<Top[]> {
    return manager.query(TOPS_OF, [ids]);
  }

  async failedPipelinesBelow(manager: EntityManager, ids: readonly number[]): Promise<number[]> {
    if (ids.length === 0) return [];
    const rows = await manager.query<{ pipelineId: number }[]>(FAILED_PIPELINES_BELOW, [ids]);
    return rows.map(({ pipelineId }) => pipelineId);
  }

  /** See {@link OPEN_TOPS}. */
  openTops(manager: EntityManager, pipelineIds: readonly number[], limit: number): Promise<FailedTop[]> {
    return pipelineIds.length === 0 ? Promise.resolve([]) : manager.query(OPEN_TOPS, [pipelineIds, limit]);
  }

  /** Locks them. */
  openIncidents(manager: EntityManager, pipelineIds: readonly number[]): Promise<OpenFailure[]> {
    return manager.query(OPEN_INCIDENTS, [pipelineIds]);
  }

  async restate(
    manager: EntityManager,
    incidents: readonly (FailedTree & { readonly id: number; readonly occurrences: number })[],
  ): Promise<FailureIncident[]> {
    if (incidents.length === 0) return [];
    const [rows]: [FailureIncident[], number] = await manager.query(RESTATE_INCIDENTS, [JSON.stringify(incidents)]);
    return rows;
  }

  async resolve(manager: EntityManager, ids: readonly number[], now: Date): Promise<number[]> {
    if (ids.length === 0) return [];
    const [rows]: [{ id: number }[], number] = await manager.query(RESOLVE_RESTATED, [ids, now]);
    return rows.map(({ id }) => id);
  }

  /** See {@link UNCOVERED_FAILURES}. */
  uncovered(manager: EntityManager, ids: readonly number[]): Promise<FailedTop[]> {
    return ids.length === 0 ? Promise.resolve([]) : manager.query(UNCOVERED_FAILURES, [ids]);
  }
}
