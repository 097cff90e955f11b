import { type Group, GROUPS, IS_BY_HOUR, type LocalStart, MINIMUM_IN_SLOT, SLOT_OF } from './slots.js';

/** One run of the history: its value, and when it started in the pipeline's time zone. */
export interface Point {
  readonly local: LocalStart;
  readonly value: number;
}

/** How the values of a metric are judged. */
export interface Measure {
  /** The bounds never lie closer to the expected value: 5 rows, 10 seconds. */
  readonly floor: number;
  /** Multiplies the widths; 1 unless a rule of the older service says otherwise. */
  readonly scale?: number;
}

/** What a run was compared with, and the result. */
export interface Verdict {
  readonly expected: number;
  readonly lower: number;
  readonly upper: number;
  readonly group: Group;
  /** The runs from which the expected value was taken. */
  readonly runs: number;
  /** Null for a usual value. */
  readonly direction: 'high' | 'low' | null;
  /** Whether it is unusual only because the pipeline has never loaded nothing. */
  readonly isFirstNothing: boolean;
}

/** A pipeline with fewer runs is not judged. */
export const MINIMUM_RUNS = 10;
/** The most runs that are looked at. */
export const MAXIMUM_RUNS = 200;

/** The runs of a slot from which its level is taken. */
const LEVEL_RUNS = 8;
/** The runs of a slot with which each of its runs is compared, to learn how far runs differ. */
const REFERENCE_RUNS = 16;
/** The last runs that show a new level; the median of 7 follows after 4. */
const DRIFT_RUNS = 7;
/** The variance of a median, as a multiple of that of a mean. */
const MEDIAN_VARIANCE = Math.PI / 2;
const WIDTH = 3.5;
const TAIL_WIDTH = 2;
/** The least standard deviation, of logarithms. */
const SPREAD_FLOOR = 0.04;
/** The bounds never lie closer to the expected value than this part of it. */
const RELATIVE_FLOOR = 0.2;
/** By which a finer group must be better than a coarser one. */
const BETTER = 0.9;
/** The 95th percentile of a normal distribution's absolute values, squared: (1.96)². */
const NORMAL_TAIL = 3.84;
const TAIL_TO_SPREAD = 2.2;
/** A zero is unusual where none of this many runs was one … */
const ZERO_LOOKBACK = 60;
/** … at least this many are known … */
const ZERO_MINIMUM = 20;
/** … and at least this is expected. */
const ZERO_EXPECTED = 3;

/** What a group says of its history. */
interface Fit {
  readonly group: Group;
  /** The runs in the slot of the judged run. */
  readonly runs: number;
  readonly spread: number;
  readonly s: number;
  readonly q: number;
}

/**
 * Compares a run with its predecessors, oldest first; null with fewer than ten. The values are compared as logarithms:
 * twice as much is as far away as half as much.
 *
 * 1. Runs are grouped: all, by weekend, weekday, hour, and hour with weekend or weekday.
 * 2. Of the groups with enough runs in the slot of this one, the coarsest counts, unless a finer one spreads at least
 *    10 % less.
 * 3. The expected value is the median of the slot's last 8 runs, plus the median by which the pipeline's last 7 runs
 *    differ from theirs: a new level is expected after 4 runs.
 * 4. The width is 3.5 usual deviations, or twice the 95th percentile of the deviations where a pipeline has frequent
 *    outliers. Chance in small counts is kept apart: it shrinks as counts grow.
 * 5. The bounds never lie closer than 20 % of the expected value, and 5 rows or 10 seconds.
 * 6. A run outside of them is an anomaly; so is the first run without rows of a pipeline that always had some.
 */
export function judge(
  history: readonly Point[],
  run: Point,
  measure: Measure,
  groups: readonly Group[] = GROUPS,
): Verdict | null {
  const points = history.length > MAXIMUM_RUNS ? history.slice(-MAXIMUM_RUNS) : history;
  if (points.length < MINIMUM_RUNS) return null;
  const logs = points.map(({ value }) => Math.log1p(value));
  const fit = bestFit(points, logs, run.local, groups);
  if (!fit) return null;
  const expected = Math.max(Math.expm1(levelOf(points, logs, run.local, fit.group)), 0);
  const { lower, upper } = boundsOf(expected, fit, measure);
  const isFirstNothing = isFirstNothingOf(points, run, expected) && run.value >= lower;
  return {
    expected: rounded(expected),
    lower: rounded(lower),
    upper: rounded(upper),
    group: fit.group,
    runs: Math.min(fit.runs, LEVEL_RUNS),
    direction: run.value > upper ? 'high' : run.value < lower || isFirstNothing ? 'low' : null,
    isFirstNothing,
  };
}

/** To thousandths: more digits are only those of the logarithm. */
function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function bestFit(
  points: readonly Point[],
  logs: readonly number[],
  local: LocalStart,
  groups: readonly Group[],
): Fit | undefined {
  const isInOneHour = points.every((point) => point.local.hour === local.hour);
  let best: Fit | undefined;
  for (const group of groups) {
    if (IS_BY_HOUR[group] && isInOneHour) continue;
    const slotOf = SLOT_OF[group];
    const slots = points.map((point) => slotOf(point.local));
    const own = slotOf(local);
    const runs = slots.reduce((count, slot) => (slot === own ? count + 1 : count), 0);
    if (runs < MINIMUM_IN_SLOT[group]) continue;
    const { s, q } = spreadOf(slots, logs);
    const spread = Math.max(s, q / TAIL_TO_SPREAD) * Math.sqrt(1 + MEDIAN_VARIANCE / runs);
    if (!best || spread < best.spread * BETTER) best = { group, runs, spread, s, q };
  }
  return best;
}

/** How far the runs differ from the medians of their slots: the usual deviation, and the 95th percentile. */
function spreadOf(slots: readonly number[], logs: readonly number[]): { s: number; q: number } {
  const references = mediansOf(slots, logs, REFERENCE_RUNS);
  const deviations = logs.map((log, index) => Math.abs(log - (references.get(slots[index] as number) as number)));
  deviations.sort(ascending);
  return { s: 1.4826 * middleOf(deviations), q: percentileOf(deviations, 0.95) };
}

/** The expected logarithm: the level of the slot, moved by what the last runs of all slots have in common. */
function levelOf(points: readonly Point[], logs: readonly number[], local: LocalStart, group: Group): number {
  const slotOf = SLOT_OF[group];
  const slots = points.map((point) => slotOf(point.local));
  const levels = mediansOf(slots, logs, LEVEL_RUNS);
  const drift: number[] = [];
  for (let index = Math.max(0, logs.length - DRIFT_RUNS); index < logs.length; index++) {
    drift.push((logs[index] as number) - (levels.get(slots[index] as number) as number));
  }
  return (levels.get(slotOf(local)) as number) + medianOf(drift);
}

function boundsOf(expected: number, { s, q }: Fit, { floor, scale = 1 }: Measure): { lower: number; upper: number } {
  const chance = Math.min(1 / (expected + 1), s * s);
  const usual = WIDTH * Math.sqrt((s * s - chance) * (1 + MEDIAN_VARIANCE / LEVEL_RUNS) + SPREAD_FLOOR ** 2);
  const tail = TAIL_WIDTH * Math.sqrt(Math.max(q * q - NORMAL_TAIL * chance, 0));
  const width = Math.max(usual, tail) * scale;
  const noise = WIDTH * expected * Math.sqrt(chance) * scale;
  const least = Math.max(RELATIVE_FLOOR * expected, floor);
  return {
    // Of the logarithm of one more, so that a pipeline that usually loads nothing has a width as well.
    lower: Math.max(0, Math.min((expected + 1) * Math.exp(-width) - 1 - noise, expected - least)),
    upper: Math.max((expected + 1) * Math.exp(width) - 1 + noise, expected + least),
  };
}

function isFirstNothingOf(points: readonly Point[], { value }: Point, expected: number): boolean {
  if (value !== 0 || expected < ZERO_EXPECTED || points.length < ZERO_MINIMUM) return false;
  return points.slice(-ZERO_LOOKBACK).every((point) => point.value !== 0);
}

/** The median of the last values of each slot. */
function mediansOf(slots: readonly number[], logs: readonly number[], last: number): Map<number, number> {
  const values = new Map<number, number[]>();
  for (let index = logs.length - 1; index >= 0; index--) {
    const slot = slots[index] as number;
    const ofSlot = values.get(slot);
    if (!ofSlot) values.set(slot, [logs[index] as number]);
    else if (ofSlot.length < last) ofSlot.push(logs[index] as number);
  }
  const medians = new Map<number, number>();
  for (const [slot, ofSlot] of values) medians.set(slot, medianOf(ofSlot));
  return medians;
}

function medianOf(values: number[]): number {
  return middleOf(values.sort(ascending));
}

function middleOf(sorted: readonly number[]): number {
  const half = sorted.length >> 1;
  const upper = sorted[half] as number;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[half - 1] as number)) / 2;
}

function percentileOf(sorted: readonly number[], share: number): number {
  const position = (sorted.length - 1) * share;
  const below = Math.floor(position);
  const low = sorted[below] as number;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  return low + (high - low) * (position - below);
}

function ascending(a: number, b: number): number {
  return a - b;
}
