const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The steps between the ticks of an axis, ascending: what people count in. */
const DECIMAL = Array.from({ length: 15 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power)).flat();
const SIXTIETHS = [1, 2, 5, 10, 15, 30];

/** Of durations in milliseconds. */
export const DURATION_STEPS: readonly number[] = [
  ...DECIMAL.filter((step) => step < SECOND),
  ...SIXTIETHS.map((step) => step * SECOND),
  ...SIXTIETHS.map((step) => step * MINUTE),
  ...[1, 2, 3, 6, 12].map((step) => step * HOUR),
  ...DECIMAL.slice(0, 12).map((step) => step * DAY),
];

/** Of times of day in minutes. */
export const TIME_OF_DAY_STEPS: readonly number[] = [5, 10, 15, 30, ...[1, 2, 3, 4, 6].map((hours) => hours * 60)];

/** Of counts. */
export const COUNT_STEPS: readonly number[] = DECIMAL;

/** The range of an axis from zero with some room above the values; never beyond `most`. */
export function rangeFromZero(min: number, max: number, most = Infinity): [number, number] {
  return [Math.min(0, min), Math.min(most, max * 1.1 || 1)];
}

const DAY_MINUTES = 24 * 60;
const NEAR_MINUTES = 60;

/** Whether a time of day is usual for these, in minutes: at least half of them are within an hour of it. */
export function isUsual(minute: number, minutes: readonly number[]): boolean {
  const near = minutes.filter((one) => {
    const apart = Math.abs(one - minute);
    return Math.min(apart, DAY_MINUTES - apart) <= NEAR_MINUTES;
  });
  return near.length * 2 >= minutes.length;
}
