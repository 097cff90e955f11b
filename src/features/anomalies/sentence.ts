import type { Metric } from './metric.js';
import type { Verdict } from './rule.js';
import { type Group, isWeekend, type LocalStart } from './slots.js';

const DAYS = ['Sundays', 'Mondays', 'Tuesdays', 'Wednesdays', 'Thursdays', 'Fridays', 'Saturdays'];
const ROWS = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const TENTHS = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });

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
  const { group, isFirstNothing, lower, runs, upper } = verdict;
  const usual = `usually ${rangeOf(metric, lower, upper)}${WHEN[group](local)} (${runs} runs)`;
  const first = isFirstNothing ? 'the pipeline has never loaded nothing; ' : '';
  return `${WRITTEN[metric](metric === 'duration_seconds' ? durationOf(value) : countOf(value))}; ${first}${usual}`;
}

/** How much of a run's time is usual: "12 min; usually 3 min". */
export function durationOf(seconds: number): string {
  if (seconds < 120) return `${TENTHS.format(seconds)} s`;
  if (seconds < 2 * 3600) return `${TENTHS.format(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${TENTHS.format(seconds / 3600)} h`;
  return `${TENTHS.format(seconds / 86_400)} days`;
}

function rangeOf(metric: Metric, lower: number, upper: number): string {
  if (metric === 'duration_seconds') return `${durationOf(lower)} to ${durationOf(upper)}`;
  return `${countOf(rounded(lower, Math.floor))} to ${countOf(rounded(upper, Math.ceil))}`;
}

function countOf(value: number): string {
  return value < 10 && !Number.isInteger(value) ? TENTHS.format(value) : ROWS.format(value);
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
