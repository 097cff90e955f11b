import { type ReactNode, useMemo, useState } from 'react';
import { Link } from 'wouter';
import type { Anomaly, ExecutionStatus, PipelineSeries, PipelineStatistics } from '../api/types.ts';
import { compact, count, duration } from '../data/format.ts';
import { itemsOf, useApi, usePages } from '../data/queries.ts';
import { Anomalies } from '../ui/anomaly.tsx';
import { Chart, type Point } from '../ui/chart.tsx';
import { COUNT_STEPS, DURATION_STEPS, isUsual, TIME_OF_DAY_STEPS } from '../ui/steps.ts';
import { Empty, Shown } from '../ui/states.tsx';
import { Status, Tag } from '../ui/status.tsx';
import { Instant } from '../ui/time.tsx';

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;
/** How many runs a chart shows. */
const RUNS = 500;
/** The most runs that are listed below a chart. */
const LISTED = 50;

/** The most unusual runs that are listed. */
const MOST_ANOMALIES = 5;

interface Measure {
  readonly title: string;
  /** Null where runs are not judged by it. */
  readonly metric: 'duration_seconds' | 'total_rows' | null;
  readonly bounds: (series: PipelineSeries, index: number) => Pick<Point, 'lower' | 'upper'>;
  readonly of: (series: PipelineSeries, index: number) => number | null;
  readonly shown: (value: number) => string;
  /** The steps of its axis. */
  readonly steps: readonly number[];
  /** Where its axis ends at the latest. */
  readonly most?: number;
  readonly lines: (
    statistics: PipelineStatistics,
    values: readonly number[],
  ) => readonly (readonly [name: string, value: number | null])[];
}

const MEASURES: Readonly<Record<'durations' | 'rows' | 'punctuality', Measure>> = {
  durations: {
    title: 'Duration',
    metric: 'duration_seconds',
    bounds: ({ ms_lower: lower, ms_upper: upper }, index) => ({
      lower: lower?.[index] ?? null,
      upper: upper?.[index] ?? null,
    }),
    of: ({ ms }, index) => ms[index] ?? null,
    shown: duration,
    steps: DURATION_STEPS,
    lines: ({ duration_seconds: { p50, p95 } }) => [
      ['median', p50 === null ? null : p50 * 1000],
      ['95 %', p95 === null ? null : p95 * 1000],
    ],
  },
  rows: {
    title: 'Rows',
    metric: 'total_rows',
    bounds: ({ rows_lower: lower, rows_upper: upper }, index) => ({
      lower: lower?.[index] ?? null,
      upper: upper?.[index] ?? null,
    }),
    of: ({ rows }, index) => rows[index] ?? null,
    shown: compact,
    steps: COUNT_STEPS,
    lines: ({ total_rows: { p50, p95 } }) => [
      ['median', p50],
      ['95 %', p95],
    ],
  },
  punctuality: {
    title: 'Start, time of day (UTC)',
    metric: null,
    bounds: () => ({ lower: null, upper: null }),
    of: ({ start }, index) => minuteOf(start[index] ?? ''),
    shown: (minute) => `${pad(Math.floor(minute / 60))}:${pad(Math.round(minute % 60))}`,
    steps: TIME_OF_DAY_STEPS,
    most: DAY_MINUTES,
    lines: ({ usual_start: start }, minutes) => {
      const usual = start === null ? null : minutesIn(start);
      // Where starts are spread over the day, none is usual.
      return usual !== null && isUsual(usual, minutes) ? [['usual', usual]] : [];
    },
  },
};

/** Durations, rows or starts of the last runs; a brushed range lists its runs. */
export default function Series({ id, of }: { id: number; of: 'durations' | 'rows' | 'punctuality' }): ReactNode {
  const series = useApi<PipelineSeries>(['pipeline', id], `/pipeline/${id}/series`, {
    limit: RUNS,
    bounds: MEASURES[of].metric === null ? undefined : true,
  });
  const statistics = useApi<PipelineStatistics>(['pipeline', id], `/pipeline/${id}/statistics`);
  return (
    <Shown query={series} rows={10}>
      {(data) =>
        data.id.length === 0 ? (
          <Empty title="It never ran">Its runs are drawn here once there are some.</Empty>
        ) : (
          <Drawn id={id} series={data} statistics={statistics.data} measure={MEASURES[of]} />
        )
      }
    </Shown>
  );
}

function Drawn({
  id,
  series,
  statistics,
  measure,
}: {
  id: number;
  series: PipelineSeries;
  statistics: PipelineStatistics | undefined;
  measure: Measure;
}): ReactNode {
  const anomalies = usePages<Anomaly>(['pipeline', id], '/anomaly', {
    pipeline_id: id,
    metric: measure.metric ?? 'total_rows',
    limit: 200,
  });
  const found = measure.metric === null ? [] : itemsOf(anomalies);
  const open = found.filter(({ dismissed_at: at }) => at === null).map(({ execution_id: run }) => run);
  const unusual = useMemo(() => new Set(open), [open.join()]);
  const [range, setRange] = useState<readonly [number, number] | null>(null);
  const points = useMemo(
    () =>
      series.id
        .map((_, index) => ({
          at: Date.parse(series.start[index] ?? '') / 1000,
          value: measure.of(series, index),
          failed: series.status[index] === 'failed',
          ...measure.bounds(series, index),
          unusual: unusual.has(series.id[index] ?? 0),
        }))
        .toReversed(),
    [series, measure, unusual],
  );
  const lines = statistics
    ? measure.lines(
        statistics,
        points.flatMap(({ value }) => value ?? []),
      )
    : [];
  const within = series.id
    .map((_, index) => index)
    .filter((index) => isIn(Date.parse(series.start[index] ?? '') / 1000, range));
  return (
    <>
      <Chart
        title={measure.title}
        points={points}
        lines={lines}
        shown={measure.shown}
        steps={measure.steps}
        most={measure.most}
        onRange={setRange}
      />
      <p className="hint">
        {statistics && lines.length > 0 && (
          <>
            Over the last {count(statistics.successes)} successes:{' '}
            {lines.map(([name, value]) => `${name} ${value === null ? '–' : measure.shown(value)}`).join(', ')}.{' '}
          </>
        )}
        Drag over the chart to choose runs.
        {measure.metric !== null && ' The band is what was expected by the runs before.'}
      </p>
      {found.length > 0 && (
        <Anomalies of={found.slice(0, MOST_ANOMALIES)} name={({ execution_id: run }) => `run ${run}`} />
      )}
      {found.length > MOST_ANOMALIES && <p className="hint">The newest {MOST_ANOMALIES} unusual runs.</p>}
      <div className="scroll" tabIndex={0} role="region" aria-label="Runs of the range">
        <table>
          <thead>
            <tr>
              <th scope="col">Start</th>
              <th scope="col">Status</th>
              <th scope="col">{measure.title}</th>
              <th scope="col">Run</th>
            </tr>
          </thead>
          <tbody>
            {within.slice(0, LISTED).map((index) => {
              const value = measure.of(series, index);
              const isUnusual = unusual.has(series.id[index] ?? 0);
              const [run, root] = [series.id[index] ?? 0, series.root[index] ?? 0];
              return (
                <tr key={run}>
                  <td>
                    <Instant at={series.start[index] ?? ''} />
                  </td>
                  <td>
                    <Status of={series.status[index] as ExecutionStatus} />
                  </td>
                  <td className="number">
                    {isUnusual && <Tag tone="warning">unusual</Tag>} {value === null ? '–' : measure.shown(value)}
                  </td>
                  <td>
                    <Link href={run === root ? `/runs/${run}` : `/runs/${root}?focus=${run}`}>{run}</Link>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
        {within.length > LISTED && (
          <p className="hint">
            The newest {LISTED} of {within.length} runs.
          </p>
        )}
      </div>
    </>
  );
}

function isIn(at: number, range: readonly [number, number] | null): boolean {
  return range === null || (at >= range[0] && at <= range[1]);
}

function minuteOf(start: string): number {
  return Math.floor(Date.parse(start) / MINUTE_MS) % DAY_MINUTES;
}

function minutesIn(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}

function pad(n: number): string {
  return String(n).padStart(2, '0');
}
