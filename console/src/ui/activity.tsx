import { type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import type { Buckets } from '../api/types.ts';
import { count, dayOf, moment, time, zoneName } from '../data/format.ts';
import { useSetting, zone } from '../data/settings.ts';

const HEIGHT = 120;
const WIDTH = 960;

/** Executions by the half hour of their start, failed ones in another colour and form, and a line of what ran. */
export function Activity({ buckets, countedFrom }: { buckets: Buckets; countedFrom: string | null }): ReactNode {
  const choice = useSetting(zone);
  const [at, setAt] = useState<number | null>(null);
  const n = buckets.start.length;
  const width = WIDTH / n;
  const most = Math.max(1, ...buckets.started);
  const mostRunning = Math.max(1, ...buckets.running.map((running) => running ?? 0));
  const y = (executions: number, of: number): number => HEIGHT - (executions / of) * (HEIGHT - 8);
  const line = buckets.running.flatMap((running, index) =>
    running === null ? [] : `${(index + 1) * width},${y(running, mostRunning).toFixed(1)}`,
  );
  const total = (column: readonly number[]): number => column.reduce((sum, one) => sum + one, 0);
  const shown = at === null ? null : (buckets.start[at] ?? null);
  const end = new Date(Date.parse(buckets.start.at(-1) ?? '') + buckets.seconds * 1000);
  return (
    <figure className="activity">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" onMouseLeave={() => setAt(null)}>
        <title>{`${count(total(buckets.started))} executions started, ${count(total(buckets.failed))} of them failed`}</title>
        {buckets.started.map((started, index) => {
          const failed = buckets.failed[index] ?? 0;
          return (
            <g key={buckets.start[index]} onMouseEnter={() => setAt(index)}>
              <rect x={index * width} y={0} width={width} height={HEIGHT} className={at === index ? 'at' : 'under'} />
              <rect
                x={index * width + 1}
                width={width - 2}
                y={y(started, most)}
                height={HEIGHT - y(started, most)}
                className="started"
              />
              <rect
                x={index * width + 1}
                width={width - 2}
                y={y(failed, most)}
                height={HEIGHT - y(failed, most)}
                className="failed"
              />
            </g>
          );
        })}
        <polyline points={line.join(' ')} className="line" />
      </svg>
      <div className="axis" aria-hidden="true">
        {[0, 12, 24, 36].map((index) => {
          const start = new Date(buckets.start[index] ?? 0);
          return (
            <span key={index}>
              {dayOf(start, choice)} {time(start, choice)}
            </span>
          );
        })}
        <span>
          {time(end, choice)} {zoneName(end, choice)}
        </span>
      </div>
      <figcaption>
        {shown === null || at === null ? (
          <>
            <span className="key started">{count(total(buckets.started))} started</span>
            <span className="key failed">{count(total(buckets.failed))} of them failed</span>
            <span className="key line">running</span>
            {countedFrom !== null && <span> counted from {moment(new Date(countedFrom), choice)} on</span>}
          </>
        ) : (
          <>
            {moment(new Date(shown), choice)} {zoneName(new Date(shown), choice)}: {count(buckets.started[at] ?? 0)}{' '}
            started, {count(buckets.failed[at] ?? 0)} failed, {buckets.running[at] ?? 'many'} running at its end
          </>
        )}{' '}
        <Link href="/runs?status=failed">Failed runs</Link>
      </figcaption>
    </figure>
  );
}
