import type { Metric } from './metric.js';
import type { Verdict } from './rule.js';
import { type Group, isWeekend, type LocalStart } from './slots.js';

const DAYS = ['Sundays', 'Mondays', 'Tuesdays', 'Wednesdays', 'Thursdays', 'Fridays', 'Saturdays'];
/** Numbers with up to so many digits behind the point. */
const NUMBERS = [0, 1, 2, 3].map((digits) => new Intl.NumberFormat('en-US', { maximumFractionDigits: digits }));

/** How a value of each metric is written. */
const WRITTEN: Record<Metric, (value: string) => string> = {
  duration_seconds: (value) => `took ${value}`,
  inserts: (value) => `${value} inserts`,
  updates: (value) => `${value} updates`,
  soft_deletes: (value) => `${value} soft deletes`,
  total_rows: (value) => `${value} rows`,
  throughput: (value) => `${value} rows a second`,
};

/** What is unusual about a value, in one sentence: "1,204 rows; usually 9,800 to 12,100 on Mondays at 02 (8 runs)". */
export function explain(metric: Metric, value: number, verdict: Verdict, local: LocalStart): string {
  const { group, isFirstNothing, runs } = verdict;
  const [written, lower, upper] =
    metric === 'duration_seconds' ? durationsOf(value, verdict) : countsOf(value, verdict);
  const usual = `usually ${lower} to ${upper}${WHEN[group](local)} (${runs} runs)`;
  const first = isFirstNothing ? 'the pipeline has never loaded nothing; ' : '';
  return `${WRITTEN[metric](written)}; ${first}${usual}`;
}

/** How much of a run's time is usual: "12 min; usually 3 min". */
export function durationOf(seconds: number, digits = 1): string {
  const [size, unit] = unitOf(seconds);
  return `${numberOf(seconds / size, digits)} ${unit}`;
}

function unitOf(seconds: number): readonly [size: number, unit: string] {
  if (seconds < 120) return [1, 's'];
  if (seconds < 2 * 3600) return [60, 'min'];
  if (seconds < 48 * 3600) return [3600, 'h'];
  return [86_400, 'days'];
}

/** The value and its bounds, with as many digits as it takes to see that the value is outside of them. */
function durationsOf(value: number, { lower, upper }: Verdict): readonly [string, string, string] {
  const shown = (seconds: number, digits: number): number => {
    const [size] = unitOf(seconds);
    return Number((seconds / size).toFixed(digits)) * size;
  };
  const isApart = (n: number): boolean =>
    (value <= upper || shown(value, n) > shown(upper, n)) && (value >= lower || shown(value, n) < shown(lower, n));
  const digits = digitsFor((n) => n > 0 && isApart(n));
  return [durationOf(value, digits), durationOf(lower, digits), durationOf(upper, digits)];
}

/** A bound is rounded away from what is usual, unless it would reach the value then. */
function countsOf(value: number, { lower, upper }: Verdict): readonly [string, string, string] {
  const [outerLower, outerUpper] = [rounded(lower, Math.floor), rounded(upper, Math.ceil)];
  const least = value < lower && value >= outerLower ? rounded(lower, Math.ceil) : outerLower;
  const greatest = value > upper && value <= outerUpper ? rounded(upper, Math.floor) : outerUpper;
  const digits = digitsFor((n) => {
    const shown = Number(value.toFixed(n));
    return (n > 0 || value >= 10 || Number.isInteger(value)) && shown !== least && shown !== greatest;
  });
  return [numberOf(value, digits), numberOf(least, 0), numberOf(greatest, 0)];
}

/** The fewest digits behind the point that are enough. */
function digitsFor(isEnough: (digits: number) => boolean): number {
  return NUMBERS.findIndex((_, digits) => isEnough(digits));
}

function numberOf(value: number, digits: number): string {
  return (NUMBERS[digits] ?? NUMBERS.at(-1))?.format(value) ?? String(value);
}

/** Three digits say enough of a bound. */
function rounded(value: number, round: (value: number) => number): number {
  const step = Math.max(1, 10 ** (Math.floor(Math.log10(Math.max(value, 1))) - 2));
  return round(value / step) * step;
}

const WHEN: Record<Group, (local: LocalStart) => string> = {
  all: () => '',
  weekend: ({ weekday }) => onDay(weekday),
  weekday: ({ weekday }) => ` on ${DAYS[weekday]}`,
  hour: ({ hour }) => atHour(hour),
  hour_weekend: ({ hour, weekday }) => `${onDay(weekday)}${atHour(hour)}`,
  hour_weekday: ({ hour, weekday }) => ` on ${DAYS[weekday]}${atHour(hour)}`,
};

function onDay(weekday: number): string {
  return isWeekend(weekday) ? ' on weekends' : ' on working days';
}

function atHour(hour: number): string {
  return ` at ${String(hour).padStart(2, '0')}`;
}
