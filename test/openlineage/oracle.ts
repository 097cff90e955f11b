import type { Json } from '../support/watcher.js';

/** What a run is after all its events. */
export interface FoldedRun {
  readonly runId: string;
  /** Namespace and name of its job, folded; see {@link pipelineKey}. */
  readonly pipeline: string;
  readonly parent: string | null;
  readonly state: 'expected' | 'running' | 'succeeded' | 'failed' | 'aborted';
  /** Milliseconds. */
  readonly start: number;
  readonly end: number | null;
  readonly rows: number | null;
  /** How its error message begins; null unless it failed. */
  readonly error: string | null;
  readonly watermark: string | null;
  readonly nextWatermark: string | null;
  readonly attempt: number;
  readonly superseded: boolean;
  /** Its claim of a parent was refused: it would have closed a cycle. */
  readonly refused: boolean;
}

/** What a pipeline is after the runs that are its own. */
export interface FoldedPipeline {
  readonly pipeline: string;
  readonly watermark: string | null;
  /** Milliseconds. */
  readonly lastTargetInsert: number | null;
}

/** A dataset that a run read or wrote. */
export interface FoldedUse {
  readonly runId: string;
  readonly dataset: string;
  readonly io: 'I' | 'O';
  readonly rows: number | null;
}

/** A pair of datasets that a pipeline leads from one to the other. */
export interface FoldedEdge {
  readonly source: string;
  readonly target: string;
  readonly pipeline: string;
  /** A run that succeeded leads there; else only others do. */
  readonly made: boolean;
}

export interface Folded {
  readonly runs: readonly FoldedRun[];
  readonly pipelines: readonly FoldedPipeline[];
  /** `ancestor descendant depth`. */
  readonly closure: readonly string[];
  readonly datasets: readonly string[];
  readonly uses: readonly FoldedUse[];
  readonly edges: readonly FoldedEdge[];
  /** Of the roots. */
  readonly rootCauses: readonly string[];
  /** Runs that some event names, and that the claims which count do not. */
  readonly forgotten: readonly string[];
}

interface Event {
  readonly type: string;
  /** Microseconds. */
  readonly at: bigint;
  readonly runId: string;
  readonly body: Json;
}

type Pair = readonly [namespace: string, name: string];

/** A claim of a parent. */
interface Claim {
  readonly at: bigint;
  readonly parent: string;
}

/** Names of pipelines compare without case. */
export function pipelineKey(namespace: string, name: string): string {
  return `${namespace}\n${name}`.toLowerCase();
}

function datasetKey(namespace: string, name: string): string {
  return `${namespace}\n${name}`;
}

/** The state that a set of events comes to: in any order, however often each was sent. Written for clarity, not speed. */
export function fold(bodies: readonly Json[]): Folded {
  const events = bodies.filter((body) => body.run !== undefined).map(eventOf);
  const seen = Map.groupBy(events, ({ runId }) => runId);
  const named = namings(events);
  const present = presentRuns(events, seen);
  const { parents, refused } = treeOf(present, events, seen);
  const children = Map.groupBy(
    [...present].filter((runId) => parents.get(runId)),
    (runId) => parents.get(runId) ?? '',
  );
  const spans = new Map<string, readonly [start: number, end: number | null]>();
  // An expected run that nothing is below may also be one that no claim names any more.
  const isSpanning = (runId: string): boolean =>
    stateOf(seen.get(runId) ?? []) !== 'expected' || (children.get(runId)?.length ?? 0) > 0;
  const spanOf = (runId: string): readonly [number, number | null] => {
    const known = spans.get(runId);
    if (known) return known;
    const own = ownSpan(seen.get(runId) ?? [], () => (children.get(runId) ?? []).filter(isSpanning).map(spanOf));
    // Nothing but its name is known, and those that named it are not below it.
    const naming = milliseconds(first((named.get(runId) ?? []).map(({ at }) => at)) ?? 0n);
    const span = Number.isFinite(own[0]) ? own : ([naming, naming] as const);
    spans.set(runId, span);
    return span;
  };
  const jobs = new Map([...present].map((runId) => [runId, jobOf(runId, seen, named)] as const));
  const attempts = new Map([...present].map((runId) => [runId, attemptOf(seen.get(runId) ?? [])] as const));
  const isSuperseded = (runId: string): boolean => {
    const own = attempts.get(runId);
    const parent = parents.get(runId);
    return [...present].some((other) => {
      const its = attempts.get(other);
      return (
        own && its && parent && parents.get(other) === parent && jobs.get(other) === jobs.get(runId) && // one slot
        its.mapIndex === own.mapIndex && its.attempt > own.attempt
      ); // prettier-ignore
    });
  };
  const uses = [...present].flatMap((runId) => usesOf(runId, seen.get(runId) ?? []));
  const runs = [...present].toSorted().map((runId): FoldedRun => {
    const own = seen.get(runId) ?? [];
    const state = stateOf(own);
    const [start, end] = spanOf(runId);
    const [watermark, nextWatermark] = watermarksOf(own);
    const counted = uses.filter((use) => use.runId === runId && use.io === 'O' && use.rows !== null);
    return {
      runId,
      pipeline: jobs.get(runId) ?? '',
      parent: parents.get(runId) ?? null,
      state,
      start,
      end,
      rows: counted.length > 0 ? counted.reduce((sum, { rows }) => sum + (rows ?? 0), 0) : null,
      error: state === 'failed' ? errorOf(own) : null,
      watermark,
      nextWatermark,
      attempt: attempts.get(runId)?.attempt ?? 1,
      superseded: isSuperseded(runId),
      refused: refused.has(runId),
    };
  });
  return {
    runs,
    pipelines: pipelinesOf(runs, uses),
    closure: closureOf(runs),
    datasets: [...new Set(uses.map(({ dataset }) => dataset))].toSorted(),
    uses,
    edges: edgesOf(runs, seen),
    rootCauses: runs.flatMap((run) => (run.parent === null ? rootCausesBelow(run, runs) : [])),
    forgotten: [...named.keys()].filter((runId) => !present.has(runId)).toSorted(),
  };
}

function eventOf(body: Json): Event {
  return {
    type: String(body.eventType ?? 'OTHER').toUpperCase(),
    at: microseconds(body.eventTime),
    runId: body.run.runId.toLowerCase(),
    body,
  };
}

/** Digits beyond microseconds are cut off; a time without a zone is UTC. */
function microseconds(text: string): bigint {
  const [, date = '', time = '', fraction = '', zone = ''] =
    /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)?$/.exec(text) ?? [];
  const seconds = Date.parse(`${date}T${time}${zone || 'Z'}`);
  return BigInt(seconds) * 1000n + BigInt(fraction.padEnd(6, '0').slice(0, 6));
}

const milliseconds = (at: bigint): number => Number(at / 1000n);
const parentFacet = ({ body }: Event): Json => body.run.facets?.parent;
const lower = (text: string): string => text.toLowerCase();

/** The greatest by time, then by value. */
function greatest<T>(items: readonly T[], at: (item: T) => bigint, value: (item: T) => string): T | undefined {
  return items.toSorted((a, b) => {
    if (at(a) !== at(b)) return at(a) < at(b) ? 1 : -1;
    return value(a) < value(b) ? 1 : -1;
  })[0];
}

const times = (events: readonly Event[], type: string): bigint[] =>
  events.filter((event) => event.type === type).map(({ at }) => at);
const last = (all: readonly bigint[]): bigint | undefined => all.reduce<bigint | undefined>((a, b) => (a === undefined || b > a ? b : a), undefined); // prettier-ignore
const first = (all: readonly bigint[]): bigint | undefined => all.reduce<bigint | undefined>((a, b) => (a === undefined || b < a ? b : a), undefined); // prettier-ignore

const TERMINALS = [
  ['FAIL', 'failed'],
  ['ABORT', 'aborted'],
  ['COMPLETE', 'succeeded'],
] as const;

/** The terminal that decides: at or after the last START, the worst of them. */
function decisive(events: readonly Event[]): { readonly state: FoldedRun['state']; readonly at: bigint } | undefined {
  const started = last(times(events, 'START'));
  for (const [type, state] of TERMINALS) {
    const at = last(times(events, type));
    if (at !== undefined && (started === undefined || at >= started)) return { state, at };
  }
  return undefined;
}

function stateOf(events: readonly Event[]): FoldedRun['state'] {
  const isAlive = events.some(({ type }) => type === 'START' || type === 'RUNNING');
  const ended = decisive(events);
  if (ended) return ended.state;
  // A terminal before the last START does not count; the run is open again.
  return isAlive ? 'running' : 'expected';
}

/** An expected run spans its children, from its own first event if that is earlier; it is closed in any case. */
function ownSpan(
  events: readonly Event[],
  children: () => readonly (readonly [number, number | null])[],
): readonly [number, number | null] {
  const at = first(times(events, 'START')) ?? first(events.map((event) => event.at));
  if (stateOf(events) !== 'expected') {
    const ended = decisive(events);
    return [milliseconds(at ?? 0n), ended ? milliseconds(ended.at) : null];
  }
  const below = children();
  const own = at === undefined ? [] : [milliseconds(at)];
  const start = Math.min(...own, ...below.map(([begun]) => begun));
  return [start, Math.max(start, ...below.map(([begun, end]) => end ?? begun))];
}

/** All claims and namings of runs as parents or roots: who is named, when, and with which job. */
function namings(events: readonly Event[]): Map<string, { readonly at: bigint; readonly job: Pair }[]> {
  const found = new Map<string, { at: bigint; job: Pair }[]>();
  for (const event of events) {
    const parent = parentFacet(event);
    for (const place of [parent, parent?.root]) {
      const runId = place?.run?.runId;
      if (runId === undefined) continue;
      const all = found.get(lower(runId)) ?? [];
      all.push({ at: event.at, job: [place.job.namespace, place.job.name] });
      found.set(lower(runId), all);
    }
  }
  return found;
}

/** The latest claim of a parent by its own events. A run does not claim itself. */
function ownClaim(runId: string, events: readonly Event[]): Claim | undefined {
  const claims = events.flatMap((event): Claim[] => {
    const parent = parentFacet(event)?.run?.runId;
    return parent === undefined || lower(parent) === runId ? [] : [{ at: event.at, parent: lower(parent) }];
  });
  return greatest(
    claims,
    ({ at }) => at,
    ({ parent }) => parent,
  );
}

/** What its children say of its root, for a run that has not been heard of. */
function inferredClaim(runId: string, events: readonly Event[]): Claim | undefined {
  const claims = events.flatMap((event): Claim[] => {
    const facet = parentFacet(event);
    const root = facet?.root?.run?.runId;
    if (root === undefined || lower(facet.run.runId) !== runId || lower(root) === runId) return [];
    return [{ at: event.at, parent: lower(root) }];
  });
  return greatest(
    claims,
    ({ at }) => at,
    ({ parent }) => parent,
  );
}

function claimOf(
  runId: string,
  events: readonly Event[],
  seen: ReadonlyMap<string, readonly Event[]>,
): Claim | undefined {
  const own = seen.get(runId);
  return own ? ownClaim(runId, own) : inferredClaim(runId, events);
}

/** Those heard of, and those that lead from them to a root by the claims that count. */
function presentRuns(events: readonly Event[], seen: ReadonlyMap<string, readonly Event[]>): Set<string> {
  const present = new Set(seen.keys());
  for (const runId of present) {
    const claim = claimOf(runId, events, seen);
    if (claim) present.add(claim.parent);
  }
  return present;
}

/** Parents by claim; of the claims on a cycle the one with the greatest time, then run id, is refused. */
function treeOf(
  present: ReadonlySet<string>,
  events: readonly Event[],
  seen: ReadonlyMap<string, readonly Event[]>,
): { readonly parents: ReadonlyMap<string, string>; readonly refused: ReadonlySet<string> } {
  const claims = new Map<string, Claim>();
  for (const runId of present) {
    const claim = claimOf(runId, events, seen);
    if (claim) claims.set(runId, claim);
  }
  const refused = new Set<string>();
  for (const runId of present) {
    const cycle = cycleThrough(runId, claims);
    const worst = greatest(
      cycle,
      (member) => claims.get(member)?.at ?? 0n,
      (member) => member,
    );
    if (worst !== undefined) refused.add(worst);
  }
  const parents = [...claims].filter(([runId]) => !refused.has(runId)).map(([runId, { parent }]) => [runId, parent] as const); // prettier-ignore
  return { parents: new Map(parents), refused };
}

/** The runs on the cycle that this run is part of; empty if it is on none. */
function cycleThrough(runId: string, claims: ReadonlyMap<string, Claim>): string[] {
  const path = [runId];
  for (
    let at = claims.get(runId)?.parent;
    at !== undefined && path.length <= claims.size;
    at = claims.get(at)?.parent
  ) {
    if (at === runId) return path;
    path.push(at);
  }
  return [];
}

function jobOf(
  runId: string,
  seen: ReadonlyMap<string, readonly Event[]>,
  named: ReadonlyMap<string, readonly { readonly at: bigint; readonly job: Pair }[]>,
): string {
  const own = (seen.get(runId) ?? []).map(({ at, body }) => ({ at, job: [body.job.namespace, body.job.name] as Pair }));
  const claims = own.length > 0 ? own : (named.get(runId) ?? []);
  const [namespace = '', name = ''] =
    greatest(
      claims,
      ({ at }) => at,
      ({ job }) => job.join('\n'),
    )?.job ?? [];
  return pipelineKey(namespace, name);
}

/** The latest of a facet, as a whole. */
function latestFacet(events: readonly Event[], pick: (event: Event) => Json): Json {
  const found = events.filter((event) => pick(event) !== undefined);
  const event = greatest(
    found,
    ({ at }) => at,
    (of) => JSON.stringify(pick(of)),
  );
  return event && pick(event);
}

function attemptOf(events: readonly Event[]): { readonly attempt: number; readonly mapIndex: number } | undefined {
  const instance = latestFacet(events, ({ body }) => body.run.facets?.airflow?.taskInstance);
  return instance && { attempt: instance.try_number, mapIndex: instance.map_index ?? -1 };
}

function watermarksOf(events: readonly Event[]): readonly [string | null, string | null] {
  const nominal = latestFacet(events, ({ body }) => body.run.facets?.nominalTime);
  if (!nominal) return [null, null];
  const iso = (text: string): string => new Date(milliseconds(microseconds(text))).toISOString();
  return [iso(nominal.nominalStartTime), iso(nominal.nominalEndTime ?? nominal.nominalStartTime)];
}

function errorOf(events: readonly Event[]): string | null {
  const core = latestFacet(events, ({ body }) => body.run.facets?.errorMessage);
  if (core) return core.message;
  const other = latestFacet(events, ({ type, body }) =>
    type === 'FAIL'
      ? Object.entries<Json>(body.run.facets ?? {})
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .map(([, facet]) => facet)
          .find(({ message, stackTrace }) => typeof message === 'string' && typeof stackTrace === 'string')
      : undefined,
  );
  return other?.message ?? null;
}

const SIDES = [
  ['inputs', 'I'],
  ['outputs', 'O'],
] as const;

const rowsOf = (dataset: Json, io: 'I' | 'O'): number | undefined =>
  (io === 'I' ? dataset.inputFacets?.inputStatistics : dataset.outputFacets?.outputStatistics)?.rowCount;

function usesOf(runId: string, events: readonly Event[]): FoldedUse[] {
  return SIDES.flatMap(([side, io]) => {
    const all = events.flatMap(({ at, body }) =>
      ((body[side] ?? []) as Json[]).map((dataset) => ({
        at,
        dataset: datasetKey(dataset.namespace, dataset.name),
        rows: rowsOf(dataset, io),
      })),
    );
    return [...Map.groupBy(all, ({ dataset }) => dataset)].map(([dataset, ofDataset]) => {
      const counted = ofDataset.flatMap(({ at, rows }) => (rows === undefined ? [] : [{ at, rows }]));
      const latest = last(counted.map(({ at }) => at));
      const rows = counted.filter(({ at }) => at === latest).map((use) => use.rows);
      return { runId, dataset, io, rows: rows.length > 0 ? Math.max(...rows) : null };
    });
  });
}

/** The pairs of one run: of the inputs that the output's columns name, else of all inputs. */
function pairsOf(events: readonly Event[]): (readonly [source: string, target: string])[] {
  const inputs = new Set(usesOf('', events).flatMap(({ io, dataset }) => (io === 'I' ? dataset : [])));
  const outputs = usesOf('', events).flatMap(({ io, dataset }) => (io === 'O' ? dataset : []));
  return outputs.flatMap((target) => {
    const columns = latestFacet(
      events,
      ({ body }) =>
        ((body.outputs ?? []) as Json[]).find(({ namespace, name }) => datasetKey(namespace, name) === target)?.facets
          ?.columnLineage,
    );
    const namedBy = [
      ...Object.values<Json>(columns?.fields ?? {}).flatMap(({ inputFields }) => inputFields as Json[]),
      ...((columns?.dataset ?? []) as Json[]),
    ].map(({ namespace, name }) => datasetKey(namespace, name));
    const sources = namedBy.length > 0 ? [...new Set(namedBy)] : [...inputs];
    return sources.filter((source) => source !== target).map((source) => [source, target] as const);
  });
}

function edgesOf(runs: readonly FoldedRun[], seen: ReadonlyMap<string, readonly Event[]>): FoldedEdge[] {
  const all = runs.flatMap(({ runId, pipeline, state }) =>
    pairsOf(seen.get(runId) ?? []).map(([source, target]) => ({
      source,
      target,
      pipeline,
      made: state === 'succeeded',
    })),
  );
  const byPair = Map.groupBy(all, ({ source, target, pipeline }) => JSON.stringify([source, target, pipeline]));
  return [...byPair.values()].flatMap(([edge, ...others]) =>
    edge ? { ...edge, made: edge.made || others.some(({ made }) => made) } : [],
  );
}

function pipelinesOf(runs: readonly FoldedRun[], uses: readonly FoldedUse[]): FoldedPipeline[] {
  return [...Map.groupBy(runs, ({ pipeline }) => pipeline)].map(([pipeline, ofPipeline]) => {
    const successes = ofPipeline.filter(({ state }) => state === 'succeeded');
    const watermarks = successes.flatMap(({ nextWatermark }) => nextWatermark ?? []).toSorted();
    const wrote = successes.filter(({ runId, rows }) =>
      rows === null ? uses.some((use) => use.runId === runId && use.io === 'O') : rows > 0,
    );
    const ends = wrote.flatMap(({ end }) => end ?? []);
    return {
      pipeline,
      watermark: watermarks.at(-1) ?? null,
      lastTargetInsert: ends.length > 0 ? Math.max(...ends) : null,
    };
  });
}

function closureOf(runs: readonly FoldedRun[]): string[] {
  const parents = new Map(runs.map(({ runId, parent }) => [runId, parent]));
  return runs.flatMap(({ runId }) => {
    const rows: string[] = [];
    for (let at: string | null = runId, depth = 0; at !== null; at = parents.get(at) ?? null, depth++) {
      rows.push(`${at} ${runId} ${depth}`);
    }
    return rows;
  });
}

/** The runs above each run, from its parent up to its root. */
function ancestorsOf(runs: readonly FoldedRun[]): (run: FoldedRun) => FoldedRun[] {
  const byId = new Map(runs.map((run) => [run.runId, run]));
  return function ancestors(run): FoldedRun[] {
    const parent = run.parent === null ? undefined : byId.get(run.parent);
    return parent ? [parent, ...ancestors(parent)] : [];
  };
}

/** The failed runs below a run, or itself, without a failed one below them; retried attempts and all below them left out. */
function rootCausesBelow(top: FoldedRun, runs: readonly FoldedRun[]): string[] {
  const ancestors = ancestorsOf(runs);
  const failed = runs.filter((run) => {
    const line = [run, ...ancestors(run)];
    const isRetried = line.slice(0, line.indexOf(top)).some(({ superseded }) => superseded);
    return line.includes(top) && run.state === 'failed' && !run.superseded && !isRetried;
  });
  const above = new Set(failed.flatMap(ancestors));
  return failed.flatMap((run) => (above.has(run) ? [] : run.runId));
}

/** A failure that is open. */
export interface OpenFailure {
  readonly pipeline: string;
  readonly occurrences: number;
  /** The run that failed last; of several, the one with the greatest id. */
  readonly last: string;
  /** What failed first below it. */
  readonly rootCauses: readonly string[];
}

/**
 * The failures that are open after all: of runs that are a root, or have none above them that was heard of, and that no
 * success of their pipeline has followed.
 */
export function openFailures({ runs }: Folded): OpenFailure[] {
  const ancestors = ancestorsOf(runs);
  const isTop = (run: FoldedRun): boolean => ancestors(run).every(({ state }) => state === 'expected');
  return [...Map.groupBy(runs, ({ pipeline }) => pipeline)].flatMap(([pipeline, ofPipeline]) => {
    const ends = (state: string): FoldedRun[] => ofPipeline.filter((run) => run.state === state);
    const success = Math.max(...ends('succeeded').map(({ end }) => end ?? 0));
    const open = ends('failed').filter((run) => !run.superseded && isTop(run) && (run.end ?? 0) > success);
    if (open.length === 0) return [];
    const latest = Math.max(...open.map(({ end }) => end ?? 0));
    const last = open.filter(({ end }) => end === latest).reduce((a, b) => (a.runId > b.runId ? a : b));
    const rootCauses = rootCausesBelow(last, runs).toSorted();
    return [{ pipeline, occurrences: open.length, last: last.runId, rootCauses }];
  });
}
