import { lazy, type ReactNode } from 'react';
import { Link, Redirect } from 'wouter';
import type { Execution, Incident, ListedPipeline, Pipeline } from '../api/types.ts';
import { itemsOf, useApi, usePages } from '../data/queries.ts';
import { Facts, Name, Page, Tabs } from '../ui/page.tsx';
import { List } from '../ui/list.tsx';
import { Empty, Failure, Loading, Shown } from '../ui/states.tsx';
import { Tag } from '../ui/status.tsx';
import { Instant } from '../ui/time.tsx';
import { IncidentLine } from '../ui/incident-line.tsx';
import { RUN_COLUMNS } from './runs.tsx';
import { Configuration } from './pipeline-configuration.tsx';
import { Watermarks } from './pipeline-watermarks.tsx';

const Lineage = lazy(() => import('./pipeline-lineage.tsx'));
const Series = lazy(() => import('./pipeline-series.tsx'));

const TABS = {
  runs: 'Runs',
  durations: 'Durations',
  rows: 'Rows',
  punctuality: 'Punctuality',
  lineage: 'Lineage',
  watermarks: 'Watermarks',
  incidents: 'Incidents',
  configuration: 'Configuration',
} as const;

/** One pipeline, by its id or its name. */
export default function PipelinePage({ name, tab }: { name: string; tab: string }): ReactNode {
  return /^\d+$/.test(name) ? (
    <ById id={Number(name)} tab={tab} />
  ) : (
    <ByName name={decodeURIComponent(name)} tab={tab} />
  );
}

function ByName({ name, tab }: { name: string; tab: string }): ReactNode {
  const found = usePages<ListedPipeline>(['other'], '/pipeline', { name, limit: 1 });
  const [pipeline] = itemsOf(found);
  if (pipeline) return <Redirect to={`/pipelines/${pipeline.id}/${tab}`} replace />;
  if (found.isPending) return <Loading />;
  return found.error ? <Failure error={found.error} /> : <Empty title={`No pipeline is called “${name}”`} />;
}

function ById({ id, tab }: { id: number; tab: string }): ReactNode {
  const pipeline = useApi<Pipeline>(['pipeline', id], `/pipeline/${id}`);
  return (
    <Shown query={pipeline} rows={12}>
      {(data) => (
        <Page title={data.name} head={<Head pipeline={data} />}>
          <Tabs
            at={tab}
            tabs={Object.fromEntries(
              Object.entries(TABS).map(([name, text]) => [name, { to: `/pipelines/${id}/${name}`, text }]),
            )}
          />
          <Tab pipeline={data} tab={tab} />
        </Page>
      )}
    </Shown>
  );
}

function Tab({ pipeline, tab }: { pipeline: Pipeline; tab: string }): ReactNode {
  switch (tab) {
    case 'durations':
    case 'rows':
    case 'punctuality':
      return <Series key={tab} id={pipeline.id} of={tab} />;
    case 'lineage':
      return <Lineage id={pipeline.id} />;
    case 'watermarks':
      return <Watermarks pipeline={pipeline} />;
    case 'incidents':
      return <Incidents id={pipeline.id} />;
    case 'configuration':
      return <Configuration pipeline={pipeline} />;
    default:
      return <Runs id={pipeline.id} />;
  }
}

function Head({ pipeline }: { pipeline: Pipeline }): ReactNode {
  const owner = pipeline.pipeline_metadata?.['owner'] ?? pipeline.pipeline_metadata?.['team'];
  return (
    <>
      <div className="tags">
        {pipeline.archived ? (
          <Tag>archived</Tag>
        ) : pipeline.active ? (
          <Tag tone="good">active</Tag>
        ) : (
          <Tag>inactive</Tag>
        )}
        {pipeline.mute_freshness_check && <Tag>freshness muted</Tag>}
        {pipeline.mute_timeliness_check && <Tag>timeliness muted</Tag>}
      </div>
      <Facts
        of={[
          ['Type', <Name key="t" text={pipeline.pipeline_type_name} />],
          ...(pipeline.namespace === '' ? [] : [['Namespace', <Name key="n" text={pipeline.namespace} />] as const]),
          ...(typeof owner === 'string' ? [['Owner', <Name key="o" text={owner} />] as const] : []),
          ['Fresh within', span(pipeline.freshness_number, pipeline.freshness_datepart)],
          ['Runs at most', span(pipeline.timeliness_number, pipeline.timeliness_datepart)],
          ['Schedule', pipeline.schedule === null ? '–' : `${pipeline.schedule} ${pipeline.schedule_timezone ?? ''}`],
          ...(pipeline.next_expected_at
            ? [['Next start', <Instant key="s" at={pipeline.next_expected_at} />] as const]
            : []),
          ['Watermark', pipeline.watermark === null ? '–' : <Name key="w" text={pipeline.watermark} />],
        ]}
      />
    </>
  );
}

function span(number: number | null, datepart: string | null): string {
  return number === null || datepart === null ? '–' : `${number} ${datepart}${number === 1 ? '' : 's'}`;
}

function Runs({ id }: { id: number }): ReactNode {
  const runs = usePages<Execution>(['pipeline', id], '/pipeline_execution', { pipeline_id: id });
  const command = `curl -s ${new URL('../start_pipeline_execution', document.baseURI).href} -H 'content-type: application/json' -d '{"pipeline_id": ${id}}'`;
  return (
    <List
      label="Runs"
      pages={runs}
      columns={RUN_COLUMNS}
      empty={
        <Empty title="It never ran" command={command}>
          Report a start:
        </Empty>
      }
    />
  );
}

function Incidents({ id }: { id: number }): ReactNode {
  const incidents = usePages<Incident>(['incidents'], '/incident', { pipeline_id: id });
  const found = itemsOf(incidents);
  if (incidents.data === undefined) return incidents.error ? <Failure error={incidents.error} /> : <Loading />;
  if (found.length === 0) return <Empty title="It never had an incident" />;
  return (
    <>
      <ul className="incidents">
        {found.map((incident) => (
          <IncidentLine key={incident.id} incident={incident} />
        ))}
      </ul>
      {incidents.hasNextPage && (
        <button type="button" onClick={() => void incidents.fetchNextPage()}>
          Older ones
        </button>
      )}
      <Link href="/incidents">Incidents of all pipelines</Link>
    </>
  );
}
