import type { Instant } from '../event/event-time.js';
import type { JobName } from '../event/lineage-event.js';
import { type Claim, earlierOf, laterOf, latestOfEach } from './claim.js';

/** What one dataset of a run is said to have: rows, bytes and files, each the latest number heard. */
export interface Measures {
  readonly rows?: Claim<number>;
  readonly bytes?: Claim<number>;
  readonly files?: Claim<number>;
}

/** The datasets that outputs are said to come from, by the ids of the outputs. */
export type Sources = Readonly<Record<string, Claim<readonly number[]>>>;

/** The times of the events of a run, of each kind the first or the last. */
export const EARLIEST = ['namedFirst', 'seenFirst', 'startFirst'] as const;
export const LATEST = ['startLast', 'runningLast', 'completeLast', 'abortLast', 'failLast'] as const;
type Extremes = Readonly<Record<(typeof EARLIEST)[number] | (typeof LATEST)[number], Instant | null>>;

/** The latest claims about a run. */
export interface Claims {
  /** Its job, by its own events. */
  readonly job?: Claim<JobName>;
  /** Its job, by the events that name it as their parent or root. */
  readonly namedJob?: Claim<JobName>;
  /** Its parent, by its own events. */
  readonly parent?: Claim<string>;
  /** The root of its tree, by the events that name it as their parent. */
  readonly root?: Claim<string>;
  readonly attempt?: Claim<number>;
  readonly mapIndex?: Claim<number>;
  readonly isStreaming?: Claim<boolean>;
  /** `nominalStartTime` and `nominalEndTime`. */
  readonly nominal?: Claim<readonly [start: Instant, end: Instant | null]>;
  /** SHA-256 of the text of its failure. */
  readonly error?: Claim<string>;
}

/** What was heard of a run. */
export interface RunState extends Extremes {
  readonly claims: Claims;
  /** What is shown of its facets, by their names there. */
  readonly shown: Readonly<Record<string, Claim<unknown>>>;
  /** By the ids of the datasets. */
  readonly inputs: Readonly<Record<string, Measures>>;
  readonly outputs: Readonly<Record<string, Measures>>;
  /** The datasets that an output comes from, by the `lineage` facet. */
  readonly sources: Sources;
  /** The same by the `columnLineage` facet. */
  readonly columnSources: Sources;
}

/** A run of which nothing was heard. */
export const UNHEARD: RunState = {
  namedFirst: null,
  seenFirst: null,
  startFirst: null,
  startLast: null,
  runningLast: null,
  completeLast: null,
  abortLast: null,
  failLast: null,
  claims: {},
  shown: {},
  inputs: {},
  outputs: {},
  sources: {},
  columnSources: {},
};

/**
 * What was heard in both. It commutes, is associative, and merging a state with a part of itself gives the same state:
 * so neither order nor repetition of events matters.
 */
export function mergeRuns(a: RunState, b: RunState): RunState {
  const extremes: Record<string, Instant | null> = {};
  for (const name of EARLIEST) extremes[name] = earlierOf(a[name], b[name]);
  for (const name of LATEST) extremes[name] = laterOf(a[name], b[name]);
  return {
    ...(extremes as Extremes),
    claims: mergeClaims(a.claims, b.claims),
    shown: latestOfEach(a.shown, b.shown),
    inputs: mergeMeasures(a.inputs, b.inputs),
    outputs: mergeMeasures(a.outputs, b.outputs),
    sources: mergeSources(a.sources, b.sources),
    columnSources: mergeSources(a.columnSources, b.columnSources),
  };
}

/**
 * Of each output the datasets that the latest event names, and those of all events of that moment: the ids of datasets
 * depend on the order in which they were heard of, so they cannot decide.
 */
function mergeSources(a: Sources, b: Sources): Sources {
  const merged: Record<string, Claim<readonly number[]>> = { ...a };
  for (const [output, claim] of Object.entries(b)) {
    const known = merged[output];
    if (known?.[0] === claim[0]) merged[output] = [claim[0], union(known[1], claim[1])];
    else if (!known || known[0] < claim[0]) merged[output] = claim;
  }
  return merged;
}

function union(a: readonly number[], b: readonly number[]): number[] {
  return [...new Set([...a, ...b])].toSorted((x, y) => x - y);
}

function mergeClaims(a: Claims, b: Claims): Claims {
  return latestOfEach(a as Record<string, Claim<unknown>>, b as Record<string, Claim<unknown>>) as Claims;
}

function mergeMeasures(
  a: Readonly<Record<string, Measures>>,
  b: Readonly<Record<string, Measures>>,
): Record<string, Measures> {
  const merged: Record<string, Measures> = { ...a };
  for (const [dataset, measures] of Object.entries(b)) {
    merged[dataset] = latestOfEach(
      (merged[dataset] ?? {}) as Record<string, Claim<number>>,
      measures as Record<string, Claim<number>>,
    );
  }
  return merged;
}
