import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { together } from '../../../platform/database/together.js';
import type { Claim } from '../state/claim.js';
import { deriveRun, parentClaimOf } from '../state/derived-run.js';
import { EARLIEST, LATEST, type RunState } from '../state/run-state.js';
import {
  AFTER_LOCK,
  FIND_ATTEMPTS,
  FIND_OWN,
  FIND_JOBS,
  FIND_LEFT,
  FIND_RUNS,
  FIND_RUNS_OF_EXECUTIONS,
  LOCK_RECEIVER,
  RANK_ATTEMPTS,
  WRITE_JOBS,
  WRITE_RUNS,
} from './openlineage-run.sql.js';

/** A run as it is stored. */
export interface StoredRun {
  readonly runId: string;
  readonly executionId: number;
  readonly pipelineId: number;
  readonly isParentRefused: boolean;
  readonly state: RunState;
}

/** An attempt, by its execution. */
export interface RankedAttempt {
  readonly id: number;
  readonly pipelineId: number;
  readonly superseded: boolean;
}

/** The claims about a job, by what they are about. */
export type JobClaims = Readonly<Record<string, Claim<unknown>>>;

type Facts = Pick<RunState, 'claims' | 'shown' | 'inputs' | 'outputs' | 'sources' | 'columnSources'>;
type RunRow = Omit<StoredRun, 'state'> & Omit<RunState, keyof Facts> & { readonly facts: Partial<Facts> };

/** The times of a run, and the columns that they are in. */
const TIMES = [...EARLIEST, ...LATEST].map((name) => ({
  name,
  column: name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
}));

/** The most runs that one check declares lost; the next one finds the rest. */
const MOST_LEFT = 10_000;

/** All SQL on `openlineage_run` and `openlineage_job`; runs in the caller's transaction. */
@Injectable()
export class OpenLineageRunRepository {
  /** Returns whether any claim of a parent is refused. */
  async lock(manager: EntityManager): Promise<boolean> {
    const [, [row]] = await together(
      manager.query(LOCK_RECEIVER, []),
      manager.query<{ isAnyRefused: boolean }[]>(AFTER_LOCK, []),
    );
    return row?.isAnyRefused ?? false;
  }

  async find(manager: EntityManager, runIds: readonly string[]): Promise<StoredRun[]> {
    return runIds.length === 0 ? [] : (await manager.query<RunRow[]>(FIND_RUNS, [runIds])).map(storedRun);
  }

  async findOfExecutions(manager: EntityManager, ids: readonly number[]): Promise<StoredRun[]> {
    return ids.length === 0 ? [] : (await manager.query<RunRow[]>(FIND_RUNS_OF_EXECUTIONS, [ids])).map(storedRun);
  }

  async write(manager: EntityManager, runs: readonly StoredRun[]): Promise<void> {
    if (runs.length > 0) await manager.query(WRITE_RUNS, [JSON.stringify(runs.map(rowOf))]);
  }

  /** The attempts of these slots, and whether each has a later one. */
  async rank(
    manager: EntityManager,
    slots: readonly { readonly parentRunId: string; readonly pipelineId: number }[],
  ): Promise<RankedAttempt[]> {
    const parents = slots.map(({ parentRunId }) => parentRunId);
    const pipelines = slots.map(({ pipelineId }) => pipelineId);
    return manager.query(RANK_ATTEMPTS, [parents, pipelines]);
  }

  /** See {@link FIND_ATTEMPTS}. */
  async findAttempts(manager: EntityManager, id: number): Promise<number[]> {
    return (await manager.query<{ id: number }[]>(FIND_ATTEMPTS, [id])).map((run) => run.id);
  }

  /** See {@link FIND_OWN}. */
  async findOwn(manager: EntityManager, ids: readonly number[]): Promise<number[]> {
    return (await manager.query<{ id: number }[]>(FIND_OWN, [ids])).map((run) => run.id);
  }

  /** See {@link FIND_LEFT}. */
  findLeft(manager: EntityManager, moment: Date): Promise<{ id: number; heardAt: Date }[]> {
    return manager.query(FIND_LEFT, [moment, MOST_LEFT]);
  }

  async findJobs(manager: EntityManager, pipelineIds: readonly number[]): Promise<Map<number, JobClaims>> {
    const rows = await manager.query<{ pipelineId: number; facts: JobClaims }[]>(FIND_JOBS, [pipelineIds]);
    return new Map(rows.map(({ pipelineId, facts }) => [pipelineId, facts]));
  }

  async writeJobs(manager: EntityManager, jobs: ReadonlyMap<number, JobClaims>): Promise<void> {
    const facts = [...jobs.values()].map((claims) => JSON.stringify(claims));
    await manager.query(WRITE_JOBS, [[...jobs.keys()], facts]);
  }
}

function storedRun({ runId, executionId, pipelineId, isParentRefused, facts, ...extremes }: RunRow): StoredRun {
  const { claims = {}, shown = {}, inputs = {}, outputs = {}, sources = {}, columnSources = {} } = facts;
  const state = { ...extremes, claims, shown, inputs, outputs, sources, columnSources };
  return { runId, executionId, pipelineId, isParentRefused, state };
}

function rowOf({ runId, executionId, pipelineId, isParentRefused, state }: StoredRun): Record<string, unknown> {
  const parent = parentClaimOf(state, runId);
  const { attempt, mapIndex } = deriveRun(state);
  const { claims, shown, inputs, outputs, sources, columnSources } = state;
  const facts = { claims, shown, inputs, outputs, sources, columnSources };
  return {
    run_id: runId,
    execution_id: executionId,
    pipeline_id: pipelineId,
    ...Object.fromEntries(TIMES.map(({ name, column }) => [column, state[name]])),
    parent_run_id: parent?.runId ?? null,
    parent_at: parent?.at ?? null,
    parent_refused: isParentRefused,
    attempt,
    map_index: mapIndex,
    facts: Object.fromEntries(Object.entries(facts).filter(([, value]) => Object.keys(value).length > 0)),
  };
}
