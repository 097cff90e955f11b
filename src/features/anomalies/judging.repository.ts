import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { AnomalyEntity, AnomalyEpisodeEntity } from './anomaly.entity.js';
import {
  DELETE_EPISODES,
  FIND_ABOVE_LONG_RUNS,
  FIND_EPISODES,
  FIND_INCIDENTS_WITH_EPISODES,
  FIND_JUDGED,
  FIND_JUDGED_PIPELINES,
  FIND_PAST_SUCCESSES,
  FIND_RULES,
  INSERT_ANOMALIES,
  IS_ANY_QUEUED,
  TAKE_EXECUTIONS,
  TRY_LOCK_JUDGING,
  WRITE_EPISODES,
} from './judging.sql.js';
import type { Metric, Run } from './metric.js';

/** An execution that may be judged, or the root of one. */
export interface JudgedExecution {
  readonly id: number;
  readonly parentId: number | null;
  readonly rootId: number;
  readonly pipelineId: number;
  readonly startDate: Date;
  readonly endDate: Date | null;
  readonly superseded: boolean;
  readonly completedSuccessfully: boolean | null;
}

export interface JudgedPipeline {
  readonly id: number;
  /** The time zone of its schedule; null for UTC. */
  readonly zone: string | null;
  /** Whether it is active and not muted. */
  readonly isWatched: boolean;
}

/** A run of the history, with the execution that it ran under. */
export type PastRun = Run & { readonly parentId: number | null };

/** A rule of the older service. */
export interface MetricRule {
  readonly pipelineId: number;
  readonly metric: Metric;
  readonly zThreshold: number;
  readonly lookbackDays: number;
  readonly minimumExecutions: number;
}

/** A position in the history of a pipeline: a run, by its start. */
export type Position = Pick<JudgedExecution, 'id' | 'pipelineId' | 'startDate'>;

/** An anomaly to write. */
export type NewAnomaly = Omit<AnomalyEntity, 'id' | 'pipeline' | 'detectedAt' | 'dismissedAt'>;

/** The numbers of a run in {@link FIND_PAST_SUCCESSES}. */
const NUMBERS = 8;

/** The SQL of the queue, of what is judged, and of the verdicts. */
@Injectable()
export class JudgingRepository {
  async isAnyQueued(manager: EntityManager): Promise<boolean> {
    const [row] = await manager.query<{ found: boolean }[]>(IS_ANY_QUEUED);
    return row?.found ?? false;
  }

  /** False while another replica judges. The lock is held until the transaction ends. */
  async tryLock(manager: EntityManager): Promise<boolean> {
    const [row] = await manager.query<{ locked: boolean }[]>(TRY_LOCK_JUDGING);
    return row?.locked ?? false;
  }

  /** Removes executions from the queue and returns their ids. */
  async take(manager: EntityManager, limit: number): Promise<number[]> {
    const [rows]: [{ id: number }[], number] = await manager.query(TAKE_EXECUTIONS, [limit]);
    return rows.map(({ id }) => id);
  }

  findExecutions(manager: EntityManager, ids: readonly number[]): Promise<JudgedExecution[]> {
    return manager.query(FIND_JUDGED, [ids]);
  }

  async findPipelines(manager: EntityManager, ids: readonly number[]): Promise<Map<number, JudgedPipeline>> {
    const rows: JudgedPipeline[] = await manager.query(FIND_JUDGED_PIPELINES, [ids]);
    return new Map(rows.map((row) => [row.id, row]));
  }

  /** Of each of these pipelines the last successes up to a run, that one included, oldest first. */
  async findPast(
    manager: EntityManager,
    positions: readonly Position[],
    limit: number,
  ): Promise<Map<number, PastRun[]>> {
    const rows: { pipelineId: number; runs: string | null }[] = await manager.query(FIND_PAST_SUCCESSES, [
      positions.map(({ pipelineId }) => pipelineId),
      positions.map(({ startDate }) => startDate.toISOString()),
      positions.map(({ id }) => id),
      limit,
    ]);
    return new Map(rows.map(({ pipelineId, runs }) => [pipelineId, runsOf(runs)]));
  }

  findRules(manager: EntityManager, pipelineIds: readonly number[]): Promise<MetricRule[]> {
    return manager.query(FIND_RULES, [pipelineIds]);
  }

  findEpisodes(manager: EntityManager, pipelineIds: readonly number[]): Promise<AnomalyEpisodeEntity[]> {
    return manager.query(FIND_EPISODES, [pipelineIds]);
  }

  async writeEpisodes(manager: EntityManager, episodes: readonly AnomalyEpisodeEntity[]): Promise<void> {
    if (episodes.length === 0) return;
    const items = episodes.map((episode) => ({
      pipeline_id: episode.pipelineId,
      metric: episode.metric,
      direction: episode.direction,
      runs: episode.runs,
      first_execution_id: episode.firstExecutionId,
      incident_id: episode.incidentId,
    }));
    await manager.query(WRITE_EPISODES, [JSON.stringify(items)]);
  }

  async deleteEpisodes(
    manager: EntityManager,
    keys: readonly Pick<AnomalyEpisodeEntity, 'pipelineId' | 'metric'>[],
  ): Promise<void> {
    if (keys.length === 0) return;
    await manager.query(DELETE_EPISODES, [keys.map(({ pipelineId }) => pipelineId), keys.map(({ metric }) => metric)]);
  }

  /** Those of the incidents that still have an episode. */
  async withEpisodes(manager: EntityManager, incidentIds: readonly number[]): Promise<Set<number>> {
    if (incidentIds.length === 0) return new Set();
    const rows: { id: number }[] = await manager.query(FIND_INCIDENTS_WITH_EPISODES, [incidentIds]);
    return new Set(rows.map(({ id }) => id));
  }

  async insertAnomalies(manager: EntityManager, anomalies: readonly NewAnomaly[], now: Date): Promise<void> {
    const items = anomalies.map((anomaly) => ({
      execution_id: anomaly.executionId,
      root_id: anomaly.rootId,
      pipeline_id: anomaly.pipelineId,
      metric: anomaly.metric,
      value: anomaly.value,
      expected: anomaly.expected,
      lower: anomaly.lower,
      upper: anomaly.upper,
      direction: anomaly.direction,
      baseline: anomaly.baseline,
      detail: anomaly.detail,
    }));
    await manager.query(INSERT_ANOMALIES, [JSON.stringify(items), now]);
  }

  /** See {@link FIND_ABOVE_LONG_RUNS}. */
  async findAboveLongRuns(manager: EntityManager, rootIds: readonly number[]): Promise<Set<number>> {
    const rows: { id: number }[] = await manager.query(FIND_ABOVE_LONG_RUNS, [rootIds]);
    return new Set(rows.map(({ id }) => id));
  }
}

/** Oldest first. */
function runsOf(text: string | null): PastRun[] {
  const values = JSON.parse(`[${text ?? ''}]`) as (number | null)[];
  const runs: PastRun[] = [];
  for (let at = values.length - NUMBERS; at >= 0; at -= NUMBERS) {
    runs.push({
      id: values[at] as number,
      start: values[at + 1] as number,
      ms: values[at + 2] ?? null,
      totalRows: values[at + 3] ?? null,
      inserts: values[at + 4] ?? null,
      updates: values[at + 5] ?? null,
      softDeletes: values[at + 6] ?? null,
      parentId: values[at + 7] ?? null,
    });
  }
  return runs;
}
