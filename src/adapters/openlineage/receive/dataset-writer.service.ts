import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ExecutionRecordService } from '../../../features/execution/records/execution-record.service.js';
import { type ObservedRun, RunIntakeService, type RunUse } from '../../../features/lineage/run-intake.service.js';
import type { DatasetName, LineageEvent } from '../event/lineage-event.js';
import { OpenLineageMetrics } from './openlineage-metrics.js';
import { deriveRun, edgesOf } from '../state/derived-run.js';
import type { Measures, RunState } from '../state/run-state.js';
import { shownByJob } from './job-edges.js';
import { OpenLineageRunRepository } from './openlineage-run.repository.js';
import { endOf, isSame, type PlacedChange, type RunChange, type RunPlace, startOf } from './run-change.js';

/** The most runs of a pipeline, newest first, from which its edges are made anew. */
const MOST_RUNS = 10_000;

/** Keeps what runs read and wrote, and the edges that they show. */
@Injectable()
export class DatasetWriterService {
  constructor(
    private readonly lineage: RunIntakeService,
    private readonly executions: ExecutionRecordService,
    private readonly runs: OpenLineageRunRepository,
    private readonly metrics: OpenLineageMetrics,
  ) {}

  /** The ids of all datasets that the events name. */
  async ids(manager: EntityManager, events: readonly LineageEvent[]): Promise<(name: DatasetName) => number> {
    const names = new Map(events.flatMap(namesOf).map((name) => [keyOf(name), name]));
    const found = names.size === 0 ? [] : await this.lineage.idsOf(manager, [...names.values()]);
    const ids = new Map([...names.keys()].map((key, index) => [key, found[index] as number]));
    return (name) => ids.get(keyOf(name)) as number;
  }

  /** What runs read and wrote, and the edges that they show. */
  async write(manager: EntityManager, placed: readonly PlacedChange[]): Promise<void> {
    await this.lineage.write(
      manager,
      placed.flatMap(({ change, place }) => usesOf(change, place)),
    );
    const shown = placed.flatMap(({ change: { before, after }, place }) => {
      const was = before && shownBy(before.state, before.pipelineId);
      return { was, is: shownBy(after, place.pipelineId), isCounted: was?.hasDatasets ?? false };
    });
    const added = shown.flatMap(({ was, is, isCounted }) =>
      is === undefined || isSame(was, is) ? [] : [{ ...is, hasDatasets: is.hasDatasets && !isCounted }],
    );
    this.metrics.truncated(manager, await this.lineage.observe(manager, added));
    await this.showAgain(
      manager,
      shown.flatMap(({ was, is }) => (was && !isPart(was, is) ? was.pipelineId : [])),
    );
  }

  /** What events say of datasets beside their use: their fields and their other names. */
  async describe(
    manager: EntityManager,
    events: readonly LineageEvent[],
    datasetId: (name: DatasetName) => number,
  ): Promise<void> {
    await this.lineage.describe(
      manager,
      events.flatMap(({ at, inputs, outputs }) =>
        [...inputs, ...outputs].flatMap((dataset) =>
          dataset.fields?.length ? [{ id: datasetId(dataset), at, fields: dataset.fields }] : [],
        ),
      ),
    );
    const datasets = events.flatMap(({ inputs, outputs }) => [...inputs, ...outputs]);
    await this.lineage.alias(
      manager,
      datasets.flatMap((dataset) =>
        dataset.aliases.map((alias) => ({ ids: [datasetId(dataset), datasetId(alias)] as const, kind: alias.kind })),
      ),
    );
  }

  /** Makes the edges of pipelines anew, from all their runs, where something that was shown turned out to be wrong. */
  async showAgain(manager: EntityManager, pipelineIds: readonly number[]): Promise<void> {
    for (const pipelineId of [...new Set(pipelineIds)].toSorted((a, b) => a - b)) {
      const executions = await this.executions.newest(manager, pipelineId, MOST_RUNS);
      const runs = await this.runs.findOfExecutions(manager, executions);
      const job = (await this.runs.findJobs(manager, [pipelineId])).get(pipelineId);
      const shown = runs.flatMap(({ state }) => shownBy(state, pipelineId) ?? []);
      await this.lineage.replace(manager, [pipelineId], [...shown, ...shownByJob(job, pipelineId)]);
    }
  }
}

/** All datasets of the rows where the end changes, since each row has it; otherwise those that are news. */
function usesOf({ before, after, was, is }: RunChange, { executionId }: RunPlace): RunUse[] {
  const at = endOf(is, startOf(after, is)) ?? startOf(after, is);
  const all = !was || !before || was.end !== is.end || was.start !== is.start;
  const side = (io: 'I' | 'O', name: 'inputs' | 'outputs'): RunUse[] =>
    Object.entries(after[name])
      .filter(([dataset, measures]) => all || !isSame(before.state[name][dataset], measures))
      .map(([dataset, measures]) => ({ executionId, datasetId: Number(dataset), io, ...countsOf(measures), at }));
  return [...side('I', 'inputs'), ...side('O', 'outputs')];
}

function countsOf({ rows, bytes, files }: Measures): Pick<RunUse, 'rows' | 'bytes' | 'files'> {
  return { rows: rows?.[1] ?? null, bytes: bytes?.[1] ?? null, files: files?.[1] ?? null };
}

/** What a successful run shows; others leave what they read and wrote, and no edges. */
function shownBy(state: RunState, pipelineId: number): ObservedRun | undefined {
  const { status, end } = deriveRun(state);
  if (status !== 'succeeded' || end === null) return undefined;
  const hasDatasets = Object.keys(state.inputs).length + Object.keys(state.outputs).length > 0;
  return { pipelineId, day: end.slice(0, 10), edges: edgesOf(state), hasDatasets };
}

/** Whether everything that was shown still is. */
function isPart(was: ObservedRun, is: ObservedRun | undefined): boolean {
  if (is?.pipelineId !== was.pipelineId || is.day !== was.day || (was.hasDatasets && !is.hasDatasets)) return false;
  const sourcesOf = new Map(is.edges.map(({ target, sources }) => [target, sources]));
  const asSet = new Map<readonly number[], ReadonlySet<number>>();
  return was.edges.every(({ target, sources }) => {
    const now = sourcesOf.get(target) ?? [];
    const known = asSet.get(now) ?? new Set(now);
    asSet.set(now, known);
    return sources.every((source) => source === target || known.has(source));
  });
}

function namesOf({ inputs, outputs, stated }: LineageEvent): DatasetName[] {
  return [
    ...[...inputs, ...outputs].flatMap((dataset) => [
      dataset,
      ...dataset.aliases,
      ...(dataset.sources ?? []),
      ...(dataset.columnSources ?? []),
    ]),
    ...stated.flatMap(({ target, sources }) => [target, ...sources]),
  ];
}

function keyOf({ namespace, name }: DatasetName): string {
  return `${namespace}\0${name}`;
}
