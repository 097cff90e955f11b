import { MOST_EDGES, type ObservedRun } from '../../../features/lineage/run-intake.service.js';
import type { DatasetName, JobEvent } from '../event/lineage-event.js';
import type { Claim } from '../state/claim.js';
import type { JobClaims } from './openlineage-run.repository.js';

/** The name of the claim about the edges of a job, among those about its facets. */
export const EDGES = '_edges';

type Pairs = readonly (readonly [source: number, target: number])[];

/** The edges that an event of a job states, without a run; none if there are more than 10,000. */
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
  let most = 0;
  for (const sources of explicit.values()) most += sources.length;
  if (most > MOST_EDGES) return [];
  return [...explicit].flatMap(([target, sources]) =>
    sources.map((source) => [datasetId(source), target] as const).filter(([source]) => source !== target),
  );
}

/** What the latest of these events shows. */
export function shownByJob(job: JobClaims | undefined, pipelineId: number): ObservedRun[] {
  const claim = job?.[EDGES] as Claim<Pairs> | undefined;
  if (!claim) return [];
  const edges = claim[1].map(([source, target]) => ({ target, sources: [source] }));
  return [{ pipelineId, day: claim[0].slice(0, 10), edges, hasDatasets: false }];
}
