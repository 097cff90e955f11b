import type { ObservedRun } from '../../../features/lineage/run-intake.service.js';
import type { DatasetName, JobEvent } from '../event/lineage-event.js';
import type { Claim } from '../state/claim.js';
import type { JobClaims } from './openlineage-run.repository.js';

/** The name of the claim about the edges of a job, among those about its facets. */
export const EDGES = '_edges';

type Pairs = readonly (readonly [source: number, target: number])[];

/** The edges that an event of a job states, without a run. */
export function pairsOfJob(
  { inputs, outputs, stated }: JobEvent,
  datasetId: (name: DatasetName) => number,
): Pairs | undefined {
  if (inputs.length + outputs.length + stated.length === 0) return undefined;
  const explicit = new Map<number, readonly DatasetName[]>(
    stated.map(({ target, sources }) => [datasetId(target), sources]),
  );
  for (const output of outputs) {
    const id = datasetId(output);
    if (!explicit.has(id)) explicit.set(id, output.sources ?? output.columnSources ?? inputs);
  }
  return [...explicit].flatMap(([target, sources]) =>
    sources.map((source) => [datasetId(source), target] as const).filter(([source]) => source !== target),
  );
}

/** What the latest of these events shows. */
export function shownByJob(job: JobClaims | undefined, pipelineId: number): ObservedRun[] {
  const claim = job?.[EDGES] as Claim<Pairs> | undefined;
  return claim ? [{ pipelineId, day: claim[0].slice(0, 10), pairs: claim[1], hasDatasets: false }] : [];
}
