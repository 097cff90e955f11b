import type { Instant } from '../event/event-time.js';
import type { JobName } from '../event/lineage-event.js';
import type { Measures, RunState } from './run-state.js';

/** The status that the events of a run come to. */
export type DerivedStatus = 'expected' | 'running' | 'succeeded' | 'failed' | 'aborted';

/** What a run comes to. It depends on what was heard alone. */
export interface DerivedRun {
  readonly status: DerivedStatus;
  /** Null for a run that none of its own events is known of. */
  readonly start: Instant | null;
  /** Whether a START was heard. */
  readonly isStartKnown: boolean;
  readonly end: Instant | null;
  readonly rows: number | null;
  /** A success that wrote something, as far as it is known. */
  readonly loads: boolean;
  readonly watermark: string | null;
  readonly nextWatermark: string | null;
  readonly isStreaming: boolean;
  /** Whether a text of its failure counts. */
  readonly hasError: boolean;
  readonly metadata: Readonly<Record<string, unknown>> | null;
  readonly attempt: number | null;
  readonly mapIndex: number;
}

/** Whether the run itself was heard of; otherwise others have only named it. */
function isHeard({ seenFirst }: RunState): boolean {
  return seenFirst !== null;
}

/** Its job: by its own events, else by those that name it. */
export function jobOf({ claims }: RunState): JobName {
  const claim = claims.job ?? claims.namedJob;
  if (!claim) throw new Error('a run was heard of without a job');
  return claim[1];
}

/**
 * The run that it claims as its parent, and when. One that was not heard of itself belongs under the root that its
 * children name.
 */
export function parentClaimOf(state: RunState, runId: string): { readonly runId: string; readonly at: Instant } | null {
  const claim = isHeard(state) ? state.claims.parent : state.claims.root;
  return claim && claim[1] !== runId ? { runId: claim[1], at: claim[0] } : null;
}

/**
 * Ends count if they are not before the last START. A failure counts more than an abort, and that more than a success,
 * whatever came last: producers report a success after the failure of the same run.
 */
export function deriveRun(state: RunState): DerivedRun {
  const { startLast, startFirst, seenFirst, claims } = state;
  const counts = (end: Instant | null): end is Instant => end !== null && (startLast === null || end >= startLast);
  const [status, end] = counts(state.failLast)
    ? (['failed', state.failLast] as const)
    : counts(state.abortLast)
      ? (['aborted', state.abortLast] as const)
      : counts(state.completeLast)
        ? (['succeeded', state.completeLast] as const)
        : startLast !== null || state.runningLast !== null
          ? (['running', null] as const)
          : (['expected', null] as const);
  const rows = rowsOf(state.outputs);
  const hasWritten = rows === null ? Object.keys(state.outputs).length > 0 : rows > 0;
  const [nominalStart, nominalEnd] = claims.nominal?.[1] ?? [null, null];
  return {
    status,
    start: startFirst ?? seenFirst,
    isStartKnown: startFirst !== null,
    end,
    rows,
    loads: status === 'succeeded' && hasWritten,
    watermark: nominalStart && shortened(nominalStart),
    nextWatermark: nominalStart && shortened(nominalEnd ?? nominalStart),
    isStreaming: claims.isStreaming?.[1] ?? false,
    hasError: status === 'failed' && claims.error !== undefined && counts(claims.error[0]),
    metadata: metadataOf(state),
    attempt: claims.attempt?.[1] ?? null,
    mapIndex: claims.mapIndex?.[1] ?? -1,
  };
}

/** Whether ends of several kinds count. */
export function isTorn({ startLast, completeLast, abortLast, failLast }: RunState): boolean {
  const counting = [completeLast, abortLast, failLast].filter(
    (end) => end !== null && (startLast === null || end >= startLast),
  );
  return counting.length > 1;
}

/** A dataset that a run wrote, and those that it comes from, itself perhaps among them. */
export interface EdgesTo {
  readonly target: number;
  readonly sources: readonly number[];
}

/** The datasets that a run wrote. All that come from all inputs share one list. */
export function edgesOf({ inputs, outputs, sources, columnSources }: RunState): EdgesTo[] {
  const all = Object.keys(inputs).map(Number);
  const targets = new Set([...Object.keys(outputs), ...Object.keys(sources)]);
  return [...targets].map((target) => {
    const stated = sources[target] ?? columnSources[target];
    return { target: Number(target), sources: stated?.[1] ?? all };
  });
}

/** The sum over the datasets; null if none has a count. */
function rowsOf(outputs: Readonly<Record<string, Measures>>): number | null {
  const counts = Object.values(outputs).flatMap(({ rows }) => rows?.[1] ?? []);
  if (counts.length === 0) return null;
  return Math.min(
    counts.reduce((sum, count) => sum + count, 0),
    Number.MAX_SAFE_INTEGER,
  );
}

/** To the millisecond. */
function shortened(instant: Instant): string {
  return `${instant.slice(0, 23)}Z`;
}

function metadataOf({ shown }: RunState): Record<string, unknown> | null {
  const names = Object.keys(shown).toSorted();
  if (names.length === 0) return null;
  return Object.fromEntries(names.map((name) => [name, shown[name]?.[1]]));
}
