import type { WatermarkPatch } from '../../pipeline/pipeline-change.service.js';

/** A successful execution. */
export interface SuccessfulRun {
  readonly id: number;
  readonly startDate: Date;
  /** Its place in the order of moves: its start, or if that was ahead of the service's clock, its receipt. */
  readonly position: Date;
  /** When its end was received. */
  readonly recordedAt: Date;
  readonly nextWatermark: string | null;
  /** Whether it moves the watermark only to a greater one, wherever it is in the order. */
  readonly isForward: boolean;
}

/** Something that may have moved a watermark: a successful execution, or a PATCH. Times are in milliseconds. */
export interface Candidate {
  /** By which candidates are listed: the start of the execution, or the time of the PATCH. */
  readonly listedAt: number;
  readonly position: number;
  readonly recordedAt: number;
  readonly watermark: string | null;
  readonly by: string | null;
  readonly executionId: number | null;
  readonly patchId: number | null;
  readonly isForward: boolean;
}

/** A place in the list of candidates, newest first. */
export interface MovesPosition {
  /** Executions before this start and id, and patches before this id, come next. */
  readonly start: number;
  readonly run: number;
  readonly patch: number;
  /** The earliest time of record among the candidates before this place. */
  readonly earliest: number;
}

/** A candidate that moved the watermark. */
export interface WatermarkMove extends Candidate {
  /** The watermark before the move. */
  readonly before: string | null;
  /** Where the list continues after it. */
  readonly place: MovesPosition;
}

/** The last moment of a list (see `page.ts`), before everything. */
const END_OF_TIME = Date.parse('9999-12-31T23:59:59.999Z');
export const FIRST_PLACE: MovesPosition = {
  start: END_OF_TIME,
  run: Number.MAX_SAFE_INTEGER,
  patch: Number.MAX_SAFE_INTEGER,
  earliest: END_OF_TIME,
};

export function candidateOfRun(run: SuccessfulRun): Candidate {
  return {
    listedAt: run.startDate.getTime(),
    position: run.position.getTime(),
    recordedAt: run.recordedAt.getTime(),
    watermark: run.nextWatermark,
    by: null,
    executionId: run.id,
    patchId: null,
    isForward: run.isForward,
  };
}

export function candidateOfPatch({ id, at, by, watermark }: WatermarkPatch): Candidate {
  const time = at.getTime();
  const moment = { listedAt: time, position: time, recordedAt: time };
  return { ...moment, watermark, by, executionId: null, patchId: id, isForward: false };
}

/**
 * Takes the watermark from the executions that move it only to a greater one and did not lead to one: an execution that
 * started before, but not before the last PATCH, leads as far. `greatest` is the greatest watermark of the executions
 * that are listed after the candidates, likewise.
 */
export function withoutBackward(candidates: readonly Candidate[], greatest: string | null): Candidate[] {
  let reached = greatest;
  const oldestFirst = candidates.toReversed().map((candidate) => {
    const { executionId, isForward, watermark } = candidate;
    if (executionId === null) reached = null;
    if (executionId === null || watermark === null) return candidate;
    if (isForward && reached !== null && !isAfter(watermark, reached)) return { ...candidate, watermark: null };
    reached = watermark;
    return candidate;
  });
  return oldestFirst.toReversed();
}

/** In the order of the collation `C`. */
function isAfter(a: string, b: string): boolean {
  return Buffer.compare(Buffer.from(a), Buffer.from(b)) > 0;
}

/**
 * Walks over candidates, newest first, and tells which of them moved the watermark: a PATCH always, an execution with a
 * `next_watermark` unless a candidate with a later position had been recorded before. So the moves follow from what is
 * stored anyway, and need no rows of their own.
 */
export class MovesWalk {
  /** Candidates listed before their position: executions that started ahead of the service's clock. */
  private ahead: readonly Candidate[] = [];

  constructor(private current: MovesPosition) {}

  get place(): MovesPosition {
    return this.current;
  }

  /** Steps over the next candidate; true if it moved the watermark. */
  step(candidate: Candidate): boolean {
    const { listedAt, position, recordedAt, executionId, patchId } = candidate;
    const place = { ...this.current };
    if (executionId !== null) Object.assign(place, { start: listedAt, run: executionId });
    if (patchId !== null) Object.assign(place, { patch: patchId });
    this.current = place;
    if (executionId !== null && candidate.watermark === null) return false;

    const isLater = (other: Candidate): boolean => other.position > position;
    const earliest = Math.min(place.earliest, ...this.ahead.filter(isLater).map((other) => other.recordedAt));
    const isAhead = listedAt > position;
    this.ahead = [...this.ahead.filter((other) => !isLater(other)), ...(isAhead ? [candidate] : [])];
    this.current = { ...place, earliest: isAhead ? earliest : Math.min(earliest, recordedAt) };
    return patchId !== null || recordedAt <= earliest;
  }
}
