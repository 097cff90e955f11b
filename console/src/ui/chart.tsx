import { type ReactNode, useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { dayOf, time, zoneName } from '../data/format.ts';
import { useColours, useSetting, zone } from '../data/settings.ts';
import { rangeFromZero } from './steps.ts';

export interface Point {
  /** Seconds since 1970, ascending. */
  readonly at: number;
  readonly value: number | null;
  readonly failed: boolean;
  /** What was usual; null where too little was known. */
  readonly lower: number | null;
  readonly upper: number | null;
  readonly unusual: boolean;
}

const HEIGHT = 260;
/** The places of the bounds among the series below: the first, so that the band is behind the others. */
const [UPPER, LOWER] = [1, 2];
const DAY_SECONDS = 86_400;

/** A tick of the time axis: the day, or the time of day where ticks are closer; the first one has the zone. */
function timeOf(at: number, ticks: readonly number[], choice: 'local' | 'utc'): string {
  const date = new Date(at);
  const [first = 0, second = 0] = ticks;
  const text = second - first >= DAY_SECONDS ? dayOf(date, choice) : `${dayOf(date, choice)} ${time(date, choice)}`;
  return at === first * 1000 ? `${text} ${zoneName(date, choice)}` : text;
}

/** The range that is selected, in seconds; null where it is nothing but a click. */
function rangeOf(chart: uPlot): readonly [number, number] | null {
  const { left, width } = chart.select;
  return width > 2 ? [chart.posToVal(left, 'x'), chart.posToVal(left + width, 'x')] : null;
}

/** A series over time with lines across it; `onRange` gets the range that the reader drags over, in seconds. */
export function Chart({
  title,
  points,
  lines,
  shown,
  steps,
  most,
  onRange,
}: {
  title: string;
  points: readonly Point[];
  lines: readonly (readonly [name: string, value: number | null])[];
  shown: (value: number) => string;
  /** The steps between values that the axis may have. */
  steps: readonly number[];
  /** Where the axis ends at the latest. */
  most?: number | undefined;
  onRange: (range: readonly [number, number] | null) => void;
}): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  const choice = useSetting(zone);
  const colours = useColours();
  useEffect(() => {
    const parent = place.current;
    if (!parent) return;
    const style = getComputedStyle(parent);
    const colour = (name: string): string => style.getPropertyValue(name).trim() || style.color;
    const axis = { stroke: style.color, grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false } };
    const chart = new uPlot(
      {
        width: parent.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        tzDate: (seconds) =>
          choice === 'utc' ? uPlot.tzDate(new Date(seconds * 1000), 'UTC') : new Date(seconds * 1000),
        cursor: { drag: { x: true, y: false, setScale: false } },
        scales: { y: { range: (_, min, max) => rangeFromZero(min, max, most) } },
        axes: [
          { ...axis, space: 130, values: (_, ticks) => ticks.map((seconds) => timeOf(seconds * 1000, ticks, choice)) },
          { ...axis, size: 90, incrs: [...steps], values: (_, ticks) => ticks.map(shown) },
        ],
        series: [
          {},
          { label: 'most usual', stroke: colour('--bar'), width: 0.5, points: { show: false } },
          { label: 'least usual', stroke: colour('--bar'), width: 0.5, points: { show: false } },
          { label: title, stroke: colour('--accent'), width: 1, points: { show: true, size: 5 }, spanGaps: true },
          { label: 'failed', stroke: colour('--failed'), width: 0, points: { show: true, size: 8, width: 2 } },
          { label: 'unusual', stroke: colour('--warning'), width: 0, points: { show: true, size: 11, width: 2.5 } },
          ...lines.map(() => ({ stroke: style.color, width: 1, dash: [4, 4], points: { show: false } })),
        ],
        bands: [{ series: [UPPER, LOWER], fill: colour('--band') }],
        hooks: {
          setSelect: [(chart) => onRange(rangeOf(chart))],
        },
      },
      [
        points.map(({ at }) => at),
        points.map(({ upper }) => upper),
        points.map(({ lower }) => lower),
        points.map(({ value }) => value),
        points.map(({ value, failed }) => (failed ? value : null)),
        points.map(({ value, unusual }) => (unusual ? value : null)),
        ...lines.map(([, value]) => points.map(() => value)),
      ],
      parent,
    );
    const sizes = new ResizeObserver(() => chart.setSize({ width: parent.clientWidth, height: HEIGHT }));
    sizes.observe(parent);
    return () => {
      sizes.disconnect();
      chart.destroy();
    };
  }, [points, lines.map(([, value]) => value).join(), title, shown, steps, most, onRange, choice, colours]);
  const values = points.flatMap(({ value }) => value ?? []);
  const label =
    values.length === 0
      ? `${title}: no values`
      : `${title} of ${points.length} runs, from ${shown(Math.min(...values))} to ${shown(Math.max(...values))}; the table below has them`;
  return <div className="chart" ref={place} role="img" aria-label={label} style={{ minHeight: HEIGHT }} />;
}
