import type { ReactNode } from 'react';
import type { Anomaly } from '../api/types.ts';
import { itemsOf, usePages } from '../data/queries.ts';
import { Name } from '../ui/page.tsx';
import { Tag } from '../ui/status.tsx';
import { Instant } from '../ui/time.tsx';

const WEEK_MS = 7 * 24 * 3_600_000;
/** Of how many anomalies the pipelines are taken. */
const LOOKED_AT = 100;
const SHOWN = 5;

interface Slower {
  readonly last: Anomaly;
  readonly times: number;
}

/** Pipelines of which a run took unusually long in the last week, those that took the most times as long first. */
export function GotSlower(): ReactNode {
  const found = usePages<Anomaly>(['pipeline'], '/anomaly', {
    metric: 'duration_seconds',
    status: 'open',
    limit: LOOKED_AT,
  });
  const slower = slowerOf(itemsOf(found), Date.now());
  if (slower.length === 0) return null;
  return (
    <section aria-labelledby="slower">
      <header className="section">
        <h2 id="slower">
          {slower.length} {slower.length === 1 ? 'pipeline' : 'pipelines'} got slower this week
        </h2>
      </header>
      <ul className="running slower">
        {slower.slice(0, SHOWN).map(({ last, times }) => (
          <li key={last.pipeline_id}>
            <Name text={last.pipeline_name} to={`/pipelines/${last.pipeline_id}/durations`} />
            <span>{ratioOf(last).toFixed(1)} times as long</span>
            <span className="why" title={last.detail}>
              {last.detail}
            </span>
            <span>{times > 1 && <Tag tone="warning">{times} runs</Tag>}</span>
            <Name text={`run ${last.execution_id}`} to={`/executions/${last.execution_id}`} />
            <Instant at={last.detected_at} relative />
          </li>
        ))}
      </ul>
      {slower.length > SHOWN && <p className="hint">And {slower.length - SHOWN} more.</p>}
    </section>
  );
}

function slowerOf(anomalies: readonly Anomaly[], now: number): Slower[] {
  const recent = anomalies.filter(
    ({ detected_at: at, direction }) => direction === 'high' && now - Date.parse(at) < WEEK_MS,
  );
  return [...Map.groupBy(recent, (anomaly) => anomaly.pipeline_id).values()]
    .flatMap(([last, ...others]) => (last === undefined ? [] : [{ last, times: others.length + 1 }]))
    .toSorted((a, b) => ratioOf(b.last) - ratioOf(a.last));
}

function ratioOf({ expected, value }: Anomaly): number {
  return value / Math.max(1, expected);
}
