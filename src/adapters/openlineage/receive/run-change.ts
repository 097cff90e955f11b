import type { ExecutionRecord, RecordedChange } from '../../../features/execution/records/execution-record.service.js';
import { toDate } from '../event/event-time.js';
import { type DerivedRun, deriveRun, jobOf, parentClaimOf } from '../state/derived-run.js';
import type { RunDelta } from '../state/fold-events.js';
import type { JobName } from '../event/lineage-event.js';
import { mergeRuns, type RunState } from '../state/run-state.js';
import type { StoredRun } from './openlineage-run.repository.js';

/** What a batch changes about a run. */
export interface RunChange {
  readonly runId: string;
  readonly before: StoredRun | undefined;
  readonly after: RunState;
  readonly was: DerivedRun | undefined;
  readonly is: DerivedRun;
  readonly job: JobName;
  /** The parent that it claims in vain; null if its claim counts. */
  readonly refusedParent: string | null;
  /** The text of its failure, if the batch has it. */
  readonly errorText: string | undefined;
}

/** Where the execution of a run is. */
export interface RunPlace {
  readonly executionId: number;
  readonly pipelineId: number;
  readonly parentId: number | null;
  readonly rootId: number;
}

/** A run that a batch changes, with the place of its execution. */
export interface PlacedChange {
  readonly change: RunChange;
  readonly place: RunPlace;
}

/** The shortest time between two signs of life that are recorded. */
const RECORDED_EVERY_MS = 15_000;

/** The change of a run by what a batch says of it; undefined if there is nothing to record. */
export function changeOf(runId: string, before: StoredRun | undefined, delta: RunDelta): RunChange | undefined {
  const after = before ? mergeRuns(before.state, delta.state) : delta.state;
  if (before && isRecorded(before.state, after)) return undefined;
  return changed(runId, before, after, delta.errors);
}

/** A run that stays as it is, unless its claim of a parent is judged anew. */
export function unchanged(before: StoredRun): RunChange {
  return changed(before.runId, before, before.state, new Map());
}

function changed(runId: string, before: StoredRun | undefined, after: RunState, errors: RunDelta['errors']): RunChange {
  const error = after.claims.error;
  return {
    runId,
    before,
    after,
    was: before && deriveRun(before.state),
    is: deriveRun(after),
    job: jobOf(after),
    refusedParent: before?.isParentRefused ? (parentClaimOf(after, runId)?.runId ?? null) : null,
    errorText: error && errors.get(error[1]),
  };
}

/** Whether the two are the same but for a sign of life that came soon after another one. */
function isRecorded(before: RunState, after: RunState): boolean {
  const beat = before.runningLast !== null && after.runningLast !== null;
  const isSoon = beat && toDate(after.runningLast).getTime() - toDate(before.runningLast).getTime() < RECORDED_EVERY_MS;
  const comparable = isSoon ? { ...after, runningLast: before.runningLast } : after;
  return isSame(before, comparable);
}

export function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Whether a run that goes on was heard of again: its execution may have been found lost, which its events do not say. */
export function isHeardAgain({ before, was, is, after }: RunChange): boolean {
  return was?.status === 'running' && is.status === 'running' && before !== undefined && isRevived(before.state, after);
}

/** The record of the execution; undefined if it stays as it is. */
export function recordOf(change: RunChange, place: RunPlace, isLost: boolean): RecordedChange | undefined {
  const { before, was } = change;
  if (before && was && !isLost && isRecordSame(change, before, place)) return undefined;
  const previous = before && was && { status: was.status, endDate: endOf(was, startOf(before.state, was)) };
  return { record: executionOf(change, place), before: previous ?? null };
}

function isRecordSame(
  { runId, was, is, after, refusedParent }: RunChange,
  before: StoredRun,
  place: RunPlace,
): boolean {
  const refusedBefore = before.isParentRefused ? (parentClaimOf(before.state, runId)?.runId ?? null) : null;
  return (
    before.pipelineId === place.pipelineId &&
    refusedBefore === refusedParent &&
    isSame(was, is) &&
    isSame(before.state.claims.error, after.claims.error)
  );
}

/** The member of an execution's metadata with what OpenLineage says of it. */
const MEMBER = 'openlineage';

/** What is shown of the facets, and the parent that is claimed in vain. */
function metadataOf({ before, is, refusedParent }: RunChange): Pick<ExecutionRecord, 'metadata' | 'withoutMetadata'> {
  const shown = { ...is.metadata, ...(refusedParent !== null && { refused_parent: refusedParent }) };
  if (Object.keys(shown).length > 0) return { metadata: { [MEMBER]: shown }, withoutMetadata: null };
  // The refusal that was shown is lifted.
  return { metadata: null, withoutMetadata: before?.isParentRefused ? MEMBER : null };
}

function executionOf(change: RunChange, place: RunPlace): ExecutionRecord {
  const { runId, before, is, after } = change;
  const startDate = startOf(after, is);
  return {
    id: place.executionId,
    parentId: place.parentId,
    rootId: place.rootId,
    pipelineId: place.pipelineId,
    externalId: runId,
    startDate,
    isStartEstimated: !is.isStartKnown,
    endDate: endOf(is, startDate),
    status: is.status,
    rows: is.rows,
    watermark: is.watermark,
    nextWatermark: is.nextWatermark,
    ...metadataOf(change),
    errorMessage: is.hasError ? change.errorText : null,
    keepsLost: before !== undefined && is.status === 'running' && !isRevived(before.state, after),
    attempt: is.attempt ?? 1,
    isEndless: is.isStreaming,
  };
}

export function startOf({ namedFirst }: RunState, { start }: DerivedRun): Date {
  const first = start ?? namedFirst;
  if (first === null) throw new Error('nothing was heard of a run');
  return toDate(first);
}

/** An expected run ends when it starts, until its children say more. */
export function endOf({ status, end }: DerivedRun, start: Date): Date | null {
  return status === 'expected' ? start : end === null ? null : toDate(end);
}

function isRevived(before: RunState, after: RunState): boolean {
  return before.startLast !== after.startLast || before.runningLast !== after.runningLast;
}
