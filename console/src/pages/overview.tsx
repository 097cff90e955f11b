import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { apiUrl } from '../api/client.ts';
import type { Incident, Overview, RunningRoot } from '../api/types.ts';
import { count, duration, useNow } from '../data/format.ts';
import { mostUrgent } from '../data/incidents.ts';
import { itemsOf, useApi, usePages } from '../data/queries.ts';
import { useUrlState } from '../data/url.ts';
import { Activity } from '../ui/activity.tsx';
import { Choice } from '../ui/filters.tsx';
import { IncidentLine } from '../ui/incident-line.tsx';
import { Name, Page } from '../ui/page.tsx';
import { Empty, Shown } from '../ui/states.tsx';
import { Tag } from '../ui/status.tsx';
import { GotSlower } from './overview-slower.tsx';
import { Elapsed, Instant } from '../ui/time.tsx';

const WINDOWS = { '6h': '6 hours', '24h': '24 hours', '72h': '3 days', '168h': '7 days' } as const;
/** The most incidents on this page; the others are on their own. */
const MOST_INCIDENTS = 8;
/** Asked for apart, so that many warnings leave no error out. */
const [ERRORS, WARNINGS] = [
  ['failure', 'lost', 'freshness', 'timeliness'],
  ['missed', 'slow', 'anomaly'],
];

/** What is wrong now on top, then what runs, then the last hours. */
export function OverviewPage(): ReactNode {
  const window = useUrlState().get('window') ?? '24h';
  const overview = useApi<Overview>(['root'], '/overview', { window });
  return (
    <Page title="Overview">
      <Shown query={overview} rows={14}>
        {(data) =>
          isNew(data) ? (
            <First />
          ) : (
            <>
              <Wrong overview={data} />
              <RunsNow overview={data} />
              <GotSlower />
              <section aria-labelledby="activity">
                <header className="section">
                  <h2 id="activity">Executions by start</h2>
                  <Choice name="window" label="Window" usual="24h" choices={WINDOWS} />
                </header>
                <Activity buckets={data.buckets} countedFrom={data.counted_from} />
              </section>
            </>
          )
        }
      </Shown>
    </Page>
  );
}

function isNew({ buckets, running, incidents }: Overview): boolean {
  return running.count === 0 && incidents.open === 0 && buckets.started.every((started) => started === 0);
}

/** The newest open incidents of some kinds. */
function useOpen(kind: readonly string[]): Incident[] {
  return itemsOf(usePages<Incident>(['incidents'], '/incident', { status: 'open', kind, limit: MOST_INCIDENTS }));
}

function Wrong({ overview }: { overview: Overview }): ReactNode {
  const errors = useOpen(ERRORS);
  const warnings = useOpen(WARNINGS);
  const { open: all, acknowledged, by_kind: kinds } = overview.incidents;
  const shown = mostUrgent([...errors, ...warnings], MOST_INCIDENTS);
  return (
    <section aria-labelledby="wrong">
      <header className="section">
        <h2 id="wrong">
          {all === 0 ? 'Nothing is wrong' : `${count(all)} open ${all === 1 ? 'incident' : 'incidents'}`}
        </h2>
        {kinds.map(({ kind, open: n, critical }) => (
          <Link key={kind} href={`/incidents?kind=${kind}`}>
            <Tag tone={critical > 0 ? 'critical' : 'warning'}>
              {n} {kind}
            </Tag>
          </Link>
        ))}
        {acknowledged > 0 && <Tag>{acknowledged} acknowledged</Tag>}
      </header>
      {all > 0 && (
        <ul className="incidents">
          {shown.map((incident) => (
            <IncidentLine key={incident.id} incident={incident} />
          ))}
        </ul>
      )}
      {all > shown.length && shown.length > 0 && <Link href="/incidents">All open incidents</Link>}
    </section>
  );
}

function RunsNow({ overview: { running } }: { overview: Overview }): ReactNode {
  return (
    <section aria-labelledby="running">
      <header className="section">
        <h2 id="running">
          {running.capped ? 'More than ' : ''}
          {count(running.count)} running
        </h2>
        {running.late > 0 && <Tag tone="critical">{count(running.late)} late</Tag>}
      </header>
      {running.roots.length === 0 ? (
        <p className="hint">No run is under way.</p>
      ) : (
        <ul className="running">
          {running.roots.map((root) => (
            <Running key={root.id} root={root} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Running({ root }: { root: RunningRoot }): ReactNode {
  const now = useNow();
  const elapsed = Math.max(0, now - Date.parse(root.start_date));
  const left = root.expected_end === null ? null : Date.parse(root.expected_end) - now;
  return (
    <li>
      <Name text={root.pipeline_name} to={`/runs/${root.id}`} />
      <span className="since">
        since <Instant at={root.start_date} />
      </span>
      {root.usual_ms === null ? (
        <span className="hint">no usual duration yet</span>
      ) : (
        <meter
          min={0}
          max={Math.max(root.usual_ms, 1)}
          value={Math.min(elapsed, root.usual_ms)}
          aria-label={`${duration(elapsed)} of usually ${duration(root.usual_ms)}`}
        />
      )}
      <span className="number">
        <Elapsed since={root.start_date} />
        {root.usual_ms !== null && <small> of {duration(root.usual_ms)}</small>}
      </span>
      <span className="eta">
        {root.late ? (
          <Tag tone="critical">late</Tag>
        ) : left === null ? null : left >= 0 ? (
          <>ready in {duration(left)}</>
        ) : (
          <Tag tone="warning">{duration(-left)} over</Tag>
        )}
      </span>
    </li>
  );
}

function First(): ReactNode {
  return (
    <Empty
      title="Nothing has been reported yet"
      command={[
        `curl -s ${apiUrl('/pipeline')} -H 'content-type: application/json' \\`,
        `  -d '{"name": "my first pipeline", "pipeline_type_name": "extraction"}'`,
        `curl -s ${apiUrl('/start_pipeline_execution')} -H 'content-type: application/json' -d '{"pipeline_id": 1}'`,
      ].join('\n')}
    >
      Register a pipeline and report a start; both appear here within seconds. Or fill the service with a believable
      data platform: npm run demo.
    </Empty>
  );
}
