import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import {
  CORRECT_CAUSES,
  COUNT_FAILURES_SINCE,
  KEEP_FAILURES,
  KEEP_OVERTAKEN,
  LAST_SUCCESSES,
  LOCK_FAILURES,
  NAMED_ROOTS,
  OPEN_FAILURES,
  RESOLVE_FAILURES,
  UNHEARD_FAILURES,
} from './failure.sql.js';
import { type IncidentRootCause, SEVERITY_OF } from './incident.entity.js';

/** The causes of a tree's failure. */
export interface Causes {
  readonly execution_id: number;
  readonly root_causes: readonly IncidentRootCause[];
  readonly root_cause_count: number;
}

/** A failed root, with its causes. */
export interface FailedTree extends Causes {
  /** The root of the tree: the failed execution, unless all above it are expected. */
  readonly root_id: number;
  readonly pipeline_id: number;
  /** When the root ended. */
  readonly since: Date;
}

/** The failed roots of one pipeline: the one that ended last, and their number. */
export interface JoinedFailures extends FailedTree {
  readonly occurrences: number;
}

/** An incident that failures opened or joined. */
export interface FailureIncident {
  readonly id: number;
  readonly pipeline_id: number;
  /** When the last of its failures ended. */
  readonly since: Date;
  readonly notified_at: Date | null;
}

/** A pipeline that succeeded, with the time of its success. */
export interface Success {
  readonly pipelineId: number;
  readonly endDate: Date;
}

/** A lock that serialises ends of the same pipeline, or of the same tree. */
export interface FailureLock {
  readonly key: number;
  readonly exclusive: boolean;
}

/** Owns the SQL of `incident_failure`, and of the incidents of kind `failure`. */
@Injectable()
export class FailureRepository {
  /**
   * Takes the locks, in ascending order of their keys. Returns whether one of the pipelines has an open failure; this
   * and later statements see everything committed during the wait.
   */
  async lock(manager: EntityManager, locks: readonly FailureLock[], pipelineIds: readonly number[]): Promise<boolean> {
    const keys = locks.map(({ key }) => key);
    const exclusive = locks.map((lock) => lock.exclusive);
    const [look] = await manager.query<{ areOpen: boolean }[]>(LOCK_FAILURES, [keys, exclusive, pipelineIds]);
    return look?.areOpen ?? false;
  }

  async lastSuccesses(manager: EntityManager, pipelineIds: readonly number[]): Promise<Map<number, Date>> {
    const rows: { pipeline_id: number; end_date: Date }[] = await manager.query(LAST_SUCCESSES, [pipelineIds]);
    return new Map(rows.map((row) => [row.pipeline_id, row.end_date]));
  }

  /** Opens incidents, or adds the failures to open ones; one item for each pipeline. */
  open(manager: EntityManager, failures: readonly JoinedFailures[], now: Date): Promise<FailureIncident[]> {
    if (failures.length === 0) return Promise.resolve([]);
    return manager.query(OPEN_FAILURES, [JSON.stringify(failures), now, SEVERITY_OF.failure]);
  }

  async keep(
    manager: EntityManager,
    failures: readonly { readonly execution_id: number; readonly incident_id: number; readonly since: Date }[],
  ): Promise<void> {
    await manager.query(KEEP_FAILURES, [JSON.stringify(failures)]);
  }

  /** Stores failures that were over before they were reported. */
  async keepOvertaken(manager: EntityManager, trees: readonly FailedTree[], now: Date): Promise<void> {
    await manager.query(KEEP_OVERTAKEN, [JSON.stringify(trees), now, SEVERITY_OF.failure]);
  }

  /** Resolves the failures that these successes end; returns the ids of the resolved incidents. */
  async resolve(manager: EntityManager, successes: readonly Success[], now: Date): Promise<number[]> {
    const pipelineIds = successes.map(({ pipelineId }) => pipelineId);
    const endDates = successes.map(({ endDate }) => endDate.toISOString());
    const [resolved]: [{ id: number }[], number] = await manager.query(RESOLVE_FAILURES, [pipelineIds, endDates, now]);
    await manager.query(COUNT_FAILURES_SINCE, [pipelineIds, endDates]);
    return resolved.map(({ id }) => id);
  }

  /** Those of the roots that an incident covers. */
  async named(manager: EntityManager, rootIds: readonly number[]): Promise<number[]> {
    const rows: { execution_id: number }[] = await manager.query(NAMED_ROOTS, [rootIds]);
    return rows.map(({ execution_id }) => execution_id);
  }

  /** Returns the incidents that changed. */
  async correctCauses(manager: EntityManager, causes: readonly Causes[]): Promise<number[]> {
    const [changed]: [{ id: number }[], number] = await manager.query(CORRECT_CAUSES, [JSON.stringify(causes)]);
    return changed.map(({ id }) => id);
  }

  /** See {@link UNHEARD_FAILURES}. */
  async unheard(manager: EntityManager, now: Date): Promise<number[]> {
    const rows: { id: number }[] = await manager.query(UNHEARD_FAILURES, [now]);
    return rows.map(({ id }) => id);
  }
}
