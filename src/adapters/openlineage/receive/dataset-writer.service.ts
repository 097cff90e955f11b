import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { RunIntakeService, type RunUse } from '../../../features/lineage/run-intake.service.js';
import type { DatasetName, LineageEvent } from '../event/lineage-event.js';
import { edgesOf } from '../state/derived-run.js';
import type { Measures } from '../state/run-state.js';
import type { PipelineIds } from './job-writer.service.js';
import { endOf, isSame, type RunChange, type RunPlace, startOf } from './run-change.js';

/** Keeps what runs read and wrote, and the edges that they show. */
@Injectable()
export class DatasetWriterService {
  constructor(private readonly lineage: RunIntakeService) {}

  /** The ids of all datasets that the events name. */
  async ids(manager: EntityManager, events: readonly LineageEvent[]): Promise<(name: DatasetName) => number> {
    const names = new Map(events.flatMap(namesOf).map((name) => [keyOf(name), name]));
    const found = names.size === 0 ? [] : await this.lineage.idsOf(manager, [...names.values()]);
    const ids = new Map([...names.keys()].map((key, index) => [key, found[index] as number]));
    return (name) => ids.get(keyOf(name)) as number;
  }

  async write(
    manager: EntityManager,
    changes: readonly { readonly change: RunChange; readonly place: RunPlace }[],
  ): Promise<void> {
    await this.lineage.write(
      manager,
      changes.flatMap(({ change, place }) => usesOf(change, place)),
    );
    const shown = changes.filter(({ change, place }) => isShownNow(change, place));
    await this.lineage.observe(
      manager,
      shown.map(({ change, place }) => ({
        pipelineId: place.pipelineId,
        day: (change.is.end as string).slice(0, 10),
        pairs: edgesOf(change.after),
        hasDatasets: hasDatasets(change),
      })),
    );
  }

  /** What events say of datasets beside the runs: their other names, and the edges of jobs. */
  async writeStatic(
    manager: EntityManager,
    events: readonly LineageEvent[],
    datasetId: (name: DatasetName) => number,
    pipelineId: PipelineIds,
  ): Promise<void> {
    const datasets = events.flatMap(({ inputs, outputs }) => [...inputs, ...outputs]);
    await this.lineage.alias(
      manager,
      datasets.flatMap((dataset) =>
        dataset.aliases.map((alias) => ({ ids: [datasetId(dataset), datasetId(alias)] as const, kind: alias.kind })),
      ),
    );
    const jobs = events.flatMap((event) => (event.kind === 'job' ? [event] : []));
    await this.lineage.observe(
      manager,
      jobs.map((event) => ({
        pipelineId: pipelineId(event.job.name),
        day: event.at.slice(0, 10),
        pairs: pairsOfJob(event, datasetId),
        hasDatasets: false,
      })),
    );
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

/** Whether a success shows edges that it has not shown before. */
function isShownNow({ before, after, was, is }: RunChange, { pipelineId }: RunPlace): boolean {
  if (is.status !== 'succeeded') return false;
  if (!before || was?.status !== 'succeeded' || was.end !== is.end || before.pipelineId !== pipelineId) return true;
  return !isSame(edgesOf(before.state), edgesOf(after));
}

/** A run counts once among the last runs of its pipeline. */
function hasDatasets({ before, after, was }: RunChange): boolean {
  const some = ({ inputs, outputs }: Pick<RunChange['after'], 'inputs' | 'outputs'>): boolean =>
    Object.keys(inputs).length + Object.keys(outputs).length > 0;
  const counted = before !== undefined && was?.status === 'succeeded' && some(before.state);
  return some(after) && !counted;
}

function pairsOfJob(
  { inputs, outputs, stated }: LineageEvent,
  datasetId: (name: DatasetName) => number,
): (readonly [number, number])[] {
  const explicit = new Map(stated.map(({ target, sources }) => [datasetId(target), sources] as const));
  for (const output of outputs) {
    const id = datasetId(output);
    if (!explicit.has(id)) explicit.set(id, output.sources ?? output.columnSources ?? inputs);
  }
  return [...explicit].flatMap(([target, sources]) =>
    sources.map((source) => [datasetId(source), target] as const).filter(([source]) => source !== target),
  );
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
