import type * as Rule from '../../src/features/anomalies/rule.ts';
import type * as Slots from '../../src/features/anomalies/slots.ts';
import type { Series } from './flights.ts';
import { median } from './table.ts';

const dist = new URL('../../dist/src/features/anomalies/', import.meta.url).href;
const { judge } = (await import(`${dist}rule.js`)) as typeof Rule;
const { Zone } = (await import(`${dist}slots.js`)) as typeof Slots;

/** Whether each run of a series is flagged; null where it is not judged. It knows only what came before the run. */
export type Detector = (series: Series, floor: number) => (boolean | null)[];

const DAY_MS = 86_400_000;

const watcher: Detector = ({ starts, values }, floor) => {
  const zone = Zone.of(null);
  const points = starts.map((start, index) => ({ local: zone.local(start), value: values[index] as number }));
  return points.map((point, index) => {
    const verdict = judge(points.slice(Math.max(0, index - 200), index), point, { floor });
    return verdict && verdict.direction !== null;
  });
};

/** The same UTC hour of the last 30 days, mean ± 3 standard deviations, without the runs that it flagged. */
function older(minimum: number): Detector {
  return ({ starts, values }) => {
    const flags: (boolean | null)[] = [];
    const hours = starts.map((start) => new Date(start).getUTCHours());
    let from = 0;
    for (const [index, start] of starts.entries()) {
      while ((starts[from] as number) < start - 30 * DAY_MS) from++;
      let candidates = 0;
      const taken: number[] = [];
      for (let other = from; other < index; other++) {
        if (hours[other] !== hours[index]) continue;
        candidates++;
        if (!flags[other]) taken.push(values[other] as number);
      }
      const isEnough = candidates >= minimum && taken.length >= minimum;
      flags.push(isEnough ? isOutside(taken, values[index] as number) : null);
    }
    return flags;
  };
}

/** The last 30 runs, mean ± 3 standard deviations. */
const zScore: Detector = ({ values }) =>
  values.map((value, index) => (index < 30 ? null : isOutside(values.slice(index - 30, index), value)));

/** The last 30 runs, median ± 3.5 times the median deviation, scaled to a standard deviation. */
const medianRule: Detector = ({ values }) =>
  values.map((value, index) => {
    if (index < 30) return null;
    const last = values.slice(index - 30, index);
    const middle = median(last);
    const deviation = 1.4826 * median(last.map((other) => Math.abs(other - middle)));
    return deviation === 0 ? null : Math.abs(value - middle) > 3.5 * deviation;
  });

function isOutside(values: readonly number[], value: number): boolean | null {
  const mean = values.reduce((sum, other) => sum + other, 0) / values.length;
  const variance = values.reduce((sum, other) => sum + (other - mean) ** 2, 0) / (values.length - 1);
  if (variance === 0) return null;
  const width = 3 * Math.sqrt(variance);
  return value < Math.max(0, mean - width) || value > mean + width;
}

export const DETECTORS: Readonly<Record<string, Detector>> = {
  Watcher: watcher,
  'older service': older(30),
  'older, minimum 5': older(5),
  'z-score, 30 runs': zScore,
  'median rule, 30 runs': medianRule,
};
