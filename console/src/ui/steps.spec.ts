import { duration } from '../data/format.ts';
import { COUNT_STEPS, DURATION_STEPS, isUsual, rangeFromZero, TIME_OF_DAY_STEPS } from './steps.ts';

/** The first step with which at most six ticks are between zero and `max`, as the chart takes it. */
const stepFor = (steps: readonly number[], max: number): number => steps.find((step) => max / step <= 6) ?? 0;

it.each([
  [900, '200 ms'],
  [4_000, '1.0 s'],
  [80_000, '15 s'],
  [1_500_000, '5 min'],
  [4_200_000, '15 min'],
  [20 * 3_600_000, '6 h'],
  [100 * 3_600_000, '1 d'],
])('an axis of durations to %d ms has a tick every %s', (max, step) => {
  expect(duration(stepFor(DURATION_STEPS, max))).toBe(step);
});

it('an axis of times of day has whole hours and ends with the day', () => {
  const [, most] = rangeFromZero(200, 1430, 24 * 60);
  expect([most, stepFor(TIME_OF_DAY_STEPS, most)]).toEqual([1440, 240]);
  expect(rangeFromZero(120, 125, 24 * 60)).toEqual([0, 137.5]);
});

it('steps ascend and are whole', () => {
  for (const steps of [COUNT_STEPS, DURATION_STEPS, TIME_OF_DAY_STEPS]) {
    expect(steps.toSorted((a, b) => a - b)).toEqual(steps);
    expect(steps.every(Number.isInteger)).toBe(true);
  }
});

it('a time of day is usual where at least half of the starts are near it, also across midnight', () => {
  const hourly = Array.from({ length: 24 }, (_, hour) => hour * 60);
  expect(isUsual(1259, hourly)).toBe(false);
  expect(isUsual(5, [1435, 10, 0, 700])).toBe(true);
});
