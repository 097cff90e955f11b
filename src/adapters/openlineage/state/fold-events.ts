import { hash } from 'node:crypto';
import type { DatasetFacts, DatasetName, NamedRun, RunEvent } from '../event/lineage-event.js';
import { type Claim, latestOfEach } from './claim.js';
import { type Claims, type Measures, mergeRuns, type RunState, type Sources, UNHEARD } from './run-state.js';

/** What a batch of events says of one run. */
export interface RunDelta {
  readonly state: RunState;
  /** The texts of failures by their SHA-256. */
  readonly errors: ReadonlyMap<string, string>;
}

/** What the fold needs to know beside the events. */
export interface FoldContext {
  readonly datasetId: (name: DatasetName) => number;
  /** Whether a run that is named is an execution that was started by the service's own API. */
  readonly isNative: (runId: string) => boolean;
}

const EXTREME_OF = {
  START: 'startLast',
  RUNNING: 'runningLast',
  COMPLETE: 'completeLast',
  ABORT: 'abortLast',
  FAIL: 'failLast',
  OTHER: undefined,
} as const;

/** What events say of each run: of their own, of their parents, and of their roots. */
export function foldEvents(events: readonly RunEvent[], context: FoldContext): Map<string, RunDelta> {
  const deltas = new Map<string, { state: RunState; errors: Map<string, string> }>();
  const add = (runId: string, state: RunState, error?: string): void => {
    const known = deltas.get(runId);
    const errors = known?.errors ?? new Map<string, string>();
    if (error !== undefined) errors.set(hashOf(error), error);
    deltas.set(runId, { state: known ? mergeRuns(known.state, state) : state, errors });
  };
  for (const event of events) {
    add(event.runId, stateOf(event, context), event.error);
    const { parent, root, at } = event;
    if (!parent || context.isNative(parent.runId)) continue;
    // A parent that is its own root says nothing.
    const other = root?.runId === parent.runId ? undefined : root;
    add(parent.runId, named(parent, at, other && { root: [at, other.runId] }));
    if (other && !context.isNative(other.runId)) add(other.runId, named(other, at));
  }
  return deltas;
}

function named({ job }: NamedRun, at: string, claims: Claims = {}): RunState {
  return { ...UNHEARD, namedFirst: at, claims: { namedJob: [at, job], ...claims } };
}

function stateOf(event: RunEvent, { datasetId }: FoldContext): RunState {
  const { at, type, facts } = event;
  const extreme = EXTREME_OF[type];
  const claim = <Value>(value: Value): Claim<Value> => [at, value];
  const claims = {
    job: claim(event.job.name),
    parent: event.parent && claim(event.parent.runId),
    attempt: facts.attempt === undefined ? undefined : claim(facts.attempt),
    mapIndex: facts.mapIndex === undefined ? undefined : claim(facts.mapIndex),
    isStreaming: facts.isStreaming === undefined ? undefined : claim(facts.isStreaming),
    nominal: facts.nominal === undefined ? undefined : claim(facts.nominal),
    error: event.error === undefined ? undefined : claim(hashOf(event.error)),
  };
  const [sources, columnSources] = sourcesOf(event, datasetId);
  return {
    ...UNHEARD,
    seenFirst: at,
    startFirst: type === 'START' ? at : null,
    ...(extreme && { [extreme]: at }),
    claims: Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined)) as Claims,
    shown: Object.fromEntries(Object.entries(event.shown).map(([name, value]) => [name, claim(value)])),
    inputs: usesOf(event.inputs, at, datasetId),
    outputs: usesOf(event.outputs, at, datasetId),
    sources,
    columnSources,
  };
}

function usesOf(
  datasets: readonly DatasetFacts[],
  at: string,
  datasetId: FoldContext['datasetId'],
): Record<string, Measures> {
  const uses: Record<string, Measures> = {};
  for (const dataset of datasets) {
    const { rows, bytes, files } = dataset;
    const given = Object.entries({ rows, bytes, files }).flatMap(([name, count]): [string, Claim<number>][] =>
      count === undefined ? [] : [[name, [at, count]]],
    );
    const id = datasetId(dataset);
    // An event may name a dataset several times.
    uses[id] = latestOfEach((uses[id] ?? {}) as Record<string, Claim<number>>, Object.fromEntries(given));
  }
  return uses;
}

type Known = Record<string, Claim<readonly number[]>>;

function sourcesOf(
  { at, outputs, stated }: RunEvent,
  datasetId: FoldContext['datasetId'],
): [stated: Sources, ofColumns: Sources] {
  const all: [Known, Known] = [{}, {}];
  const note = (of: Known, target: DatasetName, names: readonly DatasetName[] | undefined): void => {
    if (names) of[datasetId(target)] = [at, [...new Set(names.map(datasetId))].toSorted((a, b) => a - b)];
  };
  for (const { target, sources } of stated) note(all[0], target, sources);
  for (const output of outputs) {
    note(all[0], output, output.sources);
    note(all[1], output, output.columnSources);
  }
  return all;
}

function hashOf(text: string): string {
  return hash('sha256', text);
}
