import { VALUE_OF } from './metric.js';
import { measureOf } from './history.js';
import type { PastRun } from './judging.repository.js';
import { judge, MINIMUM_RUNS } from './rule.js';

/** How long runs usually take, and when one is slow. */
export interface Expectation {
  readonly expected: number;
  readonly upper: number;
  readonly runs: number;
}

/** A run is slow at the earliest after this multiple of what is expected, … */
const SLOW_FACTOR = 1.5;
/** … and this many seconds more than expected. */
const SLOW_SECONDS = 60;
/** The hour says nothing here: the expectation holds until the next one is learned. */
const ANYTIME = { hour: 0, weekday: 1 };

/** What to expect of a run after these, oldest first, without those that are endless; null with fewer than ten. */
export function expectationOf(runs: readonly PastRun[]): Expectation | null {
  const points = runs
    .map((run) => VALUE_OF.duration_seconds(run))
    .filter((value) => value !== null)
    .map((value) => ({ local: ANYTIME, value }));
  if (points.length < MINIMUM_RUNS) return null;
  const verdict = judge(points, { local: ANYTIME, value: 0 }, measureOf('duration_seconds'), ['all']);
  if (!verdict) return null;
  const { expected, upper } = verdict;
  return {
    expected,
    upper: Math.max(upper, expected * SLOW_FACTOR, expected + SLOW_SECONDS),
    runs: points.length,
  };
}
