import { type ReactNode, useMemo, useState } from 'react';
import { Link } from 'wouter';
import type { ExecutionStatus, PipelineSeries, PipelineStatistics } from '../api/types.ts';
import { compact, count, duration } from '../data/format.ts';
import { useApi } from '../data/queries.ts';
import { Chart } from '../ui/chart.tsx';
import { Empty, Shown } from '../ui/states.tsx';
import { Status } from '../ui/status.tsx';
import { Instant } from '../ui/time.tsx';

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;
/** How many runs a chart shows. */
const RUNS = 500;
/** The most runs that are listed below a chart. */
const LISTED = 50;

interface Measure {
  readonly title: string;
  readonly of: (series: PipelineSeries, index: number) => number | null;
  readonly shown: (value: number) => string;
  readonly lines: (statistics: PipelineStatistics) => readonly (readonly [name: string, value: number | null])[];
}

const MEASURES: Readonly<Record<'durations' | 'rows' | 'punctuality', Measure>> = {
  durations: {
    title: 'Duration',
    of: ({ ms }, index) => ms[index] ?? null,
    shown: duration,
    lines: ({ duration_seconds: { p50, p95 } }) => [
      ['median', p50 === null ? null : p50 * 1000],
      ['95 %', p95 === null ? null : p95 * 1000],
    ],
  },
  rows: {
    title: 'Rows',
    of: ({ rows }, index) => rows[index] ?? null,
    shown: compact,
    lines: ({ total_rows: { p50, p95 } }) => [
      ['median', p50],
      ['95 %', p95],
    ],
  },
  punctuality: {
    title: 'Start, time of day (UTC)',
    of: ({ start }, index) => minuteOf(start[index] ?? ''),
    shown: (minute) => `${pad(Math.floor(minute / 60))}:${pad(Math.round(minute % 60))}`,
    lines: ({ usual_start: usual }) => [['usual', usual === null ? null : minutesIn(usual)]],
  },
};

/** Durations, rows or starts of the last runs; a brushed range lists its runs. */
export default function Series({ id, of }: { id: number; of: 'durations' | 'rows' | 'punctuality' }): ReactNode {
  const series = useApi<PipelineSeries>(['pipeline', id], `/pipeline/${id}/series`, { limit: RUNS });
  const statistics = useApi<PipelineStatistics>(['pipeline', id], `/pipeline/${id}/statistics`);
  return (
    <Shown query={series} rows={10}>
      {(data) =>
        data.id.length === 0 ? (
          <Empty title="It never ran">Its runs are drawn here once there are some.</Empty>
        ) : (
          <Drawn series={data} statistics={statistics.data} measure={MEASURES[of]} />
        )
      }
    </Shown>
  );
}

function Drawn({
  series,
  statistics,
  measure,
}: {
  series: PipelineSeries;
  statistics: PipelineStatistics | undefined;
  measure: Measure;
}): ReactNode {
  const [range, setRange] = useState<readonly [number, number] | null>(null);
  const lines = statistics ? measure.lines(statistics) : [];
  const points = useMemo(
    () =>
      series.id
        .map((_, index) => ({
          at: Date.parse(series.start[index] ?? '') / 1000,
          value: measure.of(series, index),
          failed: series.status[index] === 'failed',
        }))
        .toReversed(),
    [series, measure],
  );
  const within = series.id
    .map((_, index) => index)
    .filter((index) => isIn(Date.parse(series.start[index] ?? '') / 1000, range));
  return (
    <>
      <Chart title={measure.title} points={points} lines={lines} shown={measure.shown} onRange={setRange} />
      <p className="hint">
        {statistics && `Over the last ${count(statistics.successes)} successes: `}
        {lines.map(([name, value]) => `${name} ${value === null ? '–' : measure.shown(value)}`).join(', ')}. Drag over
        the chart to choose runs.
      </p>
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
              const [run, root] = [series.id[index] ?? 0, series.root[index] ?? 0];
              return (
                <tr key={run}>
                  <td>
                    <Instant at={series.start[index] ?? ''} />
                  </td>
                  <td>
                    <Status of={series.status[index] as ExecutionStatus} />
                  </td>
                  <td className="number">{value === null ? '–' : measure.shown(value)}</td>
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
