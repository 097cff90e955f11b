import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { DatasetField } from './address.entity.js';
import type { ExecutionDatasetEntity } from './execution-dataset.entity.js';
import { recentDays, RUNS_REMEMBERED } from './recent-days.js';
import { EXPIRE_EDGES, SET_RECENT } from './lineage.sql.js';
import {
  ADD_ALIASES,
  FORGET_SHOWN,
  LOCK_PIPELINES_OF_EDGES,
  OBSERVE_PAIRS,
  SET_FIELDS,
  UNSHOW_DECLARED,
  UPSERT_USES,
} from './run-intake.sql.js';

/** The most edges that one statement writes. */
const MOST_EDGES_AT_ONCE = 50_000;

/** What an execution read (`I`) or wrote (`O`). */
export type RunUse = Readonly<ExecutionDatasetEntity>;

/** A successful run of a pipeline, and the datasets that it connects. */
export interface ObservedRun {
  readonly pipelineId: number;
  /** The UTC date of its end. */
  readonly day: string;
  /** The datasets that it wrote, and those that each comes from; itself among them counts for nothing. */
  readonly edges: readonly { readonly target: number; readonly sources: readonly number[] }[];
  /** Whether it counts among the last runs, for which others are forgotten; once for each run. */
  readonly hasDatasets: boolean;
}

/** The fields of a dataset, as they were stated at a moment, to the microsecond. */
export interface StatedFields {
  readonly id: number;
  readonly at: string;
  readonly fields: readonly DatasetField[];
}

/** The SQL of {@link RunUse} and {@link ObservedRun}; runs in the caller's transaction. */
@Injectable()
export class RunIntakeRepository {
  async upsertUses(manager: EntityManager, uses: readonly RunUse[]): Promise<void> {
    const all = (column: keyof RunUse): unknown[] => uses.map((use) => use[column]);
    await manager.query(UPSERT_USES, [
      all('executionId'),
      all('datasetId'),
      all('io'),
      all('rows'),
      all('bytes'),
      all('files'),
      all('at'),
    ]);
  }

  async describe(manager: EntityManager, stated: readonly StatedFields[]): Promise<void> {
    await manager.query(SET_FIELDS, [
      stated.map(({ id }) => id),
      stated.map(({ at }) => at),
      stated.map(({ fields }) => JSON.stringify(fields)),
    ]);
  }

  async addAliases(
    manager: EntityManager,
    aliases: readonly { readonly ids: readonly [number, number]; readonly kind: string }[],
  ): Promise<void> {
    const latest = new Map<string, readonly [number, number, string]>();
    for (const { ids, kind } of aliases) {
      const [a, b] = [Math.min(...ids), Math.max(...ids)];
      const known = latest.get(`${a} ${b}`);
      if (!known || known[2] < kind) latest.set(`${a} ${b}`, [a, b, kind]);
    }
    const rows = [...latest.values()];
    await manager.query(ADD_ALIASES, [rows.map(([a]) => a), rows.map(([, b]) => b), rows.map(([, , kind]) => kind)]);
  }

  /** Returns the day of those pipelines whose last runs were all on one day, from which no edge is forgotten. */
  async observe(manager: EntityManager, runs: readonly ObservedRun[]): Promise<Map<number, string>> {
    const byPipeline = Map.groupBy(runs, ({ pipelineId }) => pipelineId);
    const ids = [...byPipeline.keys()].toSorted((a, b) => a - b);
    if (ids.length === 0) return new Map();
    const locked = await manager.query<{ pipelineId: number; recent: string[] }[]>(LOCK_PIPELINES_OF_EDGES, [ids]);
    for (const some of slicesOf(runs)) await this.observePairs(manager, some);
    const full = new Map<number, string>();
    for (const { pipelineId, recent } of locked.toSorted((a, b) => a.pipelineId - b.pipelineId)) {
      const days = (byPipeline.get(pipelineId) ?? []).flatMap(({ day, hasDatasets }) => (hasDatasets ? day : []));
      const now = recentDays(recent, days);
      if (now.join() !== recent.join()) await manager.query(SET_RECENT, [pipelineId, now]);
      const [newest, oldest] = [now[0], now[RUNS_REMEMBERED - 1]];
      if (oldest !== undefined) await manager.query(EXPIRE_EDGES, [pipelineId, oldest, new Date()]);
      if (newest !== undefined && newest === oldest) full.set(pipelineId, newest);
    }
    return full;
  }

  private async observePairs(manager: EntityManager, runs: readonly ObservedRun[]): Promise<void> {
    const rows = runs.flatMap(({ pipelineId, day, edges }) =>
      edges.flatMap(({ target, sources }) =>
        sources.flatMap((source) => (source === target ? [] : [[source, target, pipelineId, day] as const])),
      ),
    );
    if (rows.length === 0) return;
    const column = (index: 0 | 1 | 2 | 3): unknown[] => rows.map((row) => row[index]);
    await manager.query(OBSERVE_PAIRS, [column(0), column(1), column(2), column(3)]);
  }

  /** Forgets what the runs of pipelines have shown. */
  async forget(manager: EntityManager, pipelineIds: readonly number[]): Promise<void> {
    await manager.query(LOCK_PIPELINES_OF_EDGES, [pipelineIds.toSorted((a, b) => a - b)]);
    await manager.query(FORGET_SHOWN, [pipelineIds]);
    await manager.query(UNSHOW_DECLARED, [pipelineIds]);
    for (const id of pipelineIds) await manager.query(SET_RECENT, [id, []]);
  }
}

/** The number of edges of a run. */
export function countEdges({ edges }: ObservedRun): number {
  return edges.reduce((sum, { target, sources }) => sum + sources.length - (sources.includes(target) ? 1 : 0), 0);
}

/** Runs that show the same on the same day once, in parts of a bounded number of edges. */
function slicesOf(runs: readonly ObservedRun[]): ObservedRun[][] {
  const distinct = new Map(runs.map((run) => [JSON.stringify([run.pipelineId, run.day, run.edges]), run]));
  const slices: ObservedRun[][] = [[]];
  let count = 0;
  for (const run of distinct.values()) {
    count += countEdges(run);
    if (count > MOST_EDGES_AT_ONCE) {
      slices.push([]);
      count = countEdges(run);
    }
    slices.at(-1)?.push(run);
  }
  return slices;
}
