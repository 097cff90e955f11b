import type { ReactNode } from 'react';
import { apiUrl } from '../api/client.ts';
import type { ExecutionStatus, ListedPipeline } from '../api/types.ts';
import { ago, duration, useNow } from '../data/format.ts';
import { usePages } from '../data/queries.ts';
import { useUrlState } from '../data/url.ts';
import { Chips, Choice, TextFilter } from '../ui/filters.tsx';
import { type Column, List } from '../ui/list.tsx';
import { Name, Page } from '../ui/page.tsx';
import { Empty } from '../ui/states.tsx';
import { SIGNS, Status, Tag } from '../ui/status.tsx';
import { Instant } from '../ui/time.tsx';

const STATES = ['running', 'ok', 'failing', 'late', 'stale', 'never_ran', 'inactive'];

const COLUMNS: readonly Column<ListedPipeline>[] = [
  {
    name: 'Pipeline',
    width: 'minmax(10rem, 2fr)',
    cell: ({ id, name, namespace }) => (
      <>
        <Name text={name} to={`/pipelines/${id}`} />{' '}
        {namespace !== '' && (
          <small>
            <bdi>{namespace}</bdi>
          </small>
        )}
      </>
    ),
  },
  {
    name: 'Type',
    width: 'minmax(5rem, 1fr)',
    minor: true,
    cell: ({ pipeline_type_name: type }) => <Name text={type} />,
  },
  { name: 'Last run', width: '7.5rem', cell: (pipeline) => <LastRun of={pipeline} /> },
  {
    name: 'Last 30 runs',
    width: '12.5rem',
    minor: true,
    cell: ({ status }) =>
      status && <Bars statuses={status.recent_statuses as ExecutionStatus[]} ms={status.recent_duration_ms} />,
  },
  {
    name: 'Started',
    width: '6rem',
    minor: true,
    cell: ({ status }) => status?.last_execution && <Instant at={status.last_execution.start_date} relative />,
  },
  { name: 'Fresh', width: '8.5rem', cell: ({ status }) => <Freshness staleAt={status?.stale_at ?? null} /> },
  {
    name: 'Watermark',
    width: 'minmax(6rem, 1fr)',
    minor: true,
    cell: ({ watermark }) => watermark !== null && <Name text={watermark} />,
  },
  {
    name: 'Incidents',
    width: '5rem',
    number: true,
    cell: ({ id, status }) =>
      status && status.open_incidents > 0 ? (
        <Name text={String(status.open_incidents)} to={`/pipelines/${id}/incidents`} />
      ) : (
        '–'
      ),
  },
];

function LastRun({ of: { active, archived, status } }: { of: ListedPipeline }): ReactNode {
  if (archived) return <Tag>archived</Tag>;
  if (!active) return <Tag>inactive</Tag>;
  return status?.last_execution ? (
    <Status of={status.last_execution.status as ExecutionStatus} />
  ) : (
    <Tag>never ran</Tag>
  );
}

/** The last runs, oldest first: colour and sign by status, height by duration. */
function Bars({ statuses, ms }: { statuses: readonly ExecutionStatus[]; ms: readonly (number | null)[] }): ReactNode {
  const longest = Math.max(1, ...ms.map((one) => one ?? 0));
  const runs = statuses.map((status, index) => ({ status, ms: ms[index] ?? null })).toReversed();
  const failed = statuses.filter((status) => status === 'failed').length;
  return (
    <svg className="bars" viewBox="0 0 180 24" role="img" aria-label={`${statuses.length} runs, ${failed} failed`}>
      {runs.map((run, index) => {
        const height = 4 + 18 * ((run.ms ?? longest) / longest);
        return (
          <rect key={index} className={run.status} x={index * 6} width={5} y={24 - height} height={height}>
            <title>{`${SIGNS[run.status]} ${run.status}${run.ms === null ? '' : `, ${duration(run.ms)}`}`}</title>
          </rect>
        );
      })}
    </svg>
  );
}

function Freshness({ staleAt }: { staleAt: string | null }): ReactNode {
  const left = staleAt === null ? null : Date.parse(staleAt) - useNow();
  if (left === null) return '–';
  return left > 0 ? <>for {duration(left)}</> : <Tag tone="critical">stale {ago(-left)}</Tag>;
}

/** All pipelines with how they are doing. */
export default function PipelinesPage(): ReactNode {
  const url = useUrlState();
  const archived = url.get('archived');
  const pipelines = usePages<ListedPipeline>(['pipeline'], '/pipeline', {
    include: 'status',
    q: url.get('q'),
    pipeline_type_name: url.get('type'),
    namespace: url.get('namespace'),
    state: url.all('state'),
    archived,
  });
  const isFiltered = ['q', 'type', 'namespace', 'state', 'archived'].some((name) => url.get(name) !== undefined);
  return (
    <Page title="Pipelines">
      <div className="filters">
        <Chips name="state" label="State" choices={STATES} />
        <TextFilter name="q" label="Part of the name" />
        <TextFilter name="type" label="Type" />
        <TextFilter name="namespace" label="Namespace" />
        <Choice name="archived" label="Show" usual="false" choices={{ false: 'current', true: 'archived' }} />
      </div>
      <List
        label="Pipelines"
        pages={pipelines}
        columns={COLUMNS}
        empty={
          isFiltered ? (
            <Empty title="No pipeline matches">Take a filter away.</Empty>
          ) : (
            <Empty
              title="No pipeline is registered yet"
              command={`curl -s ${apiUrl('/pipeline')} -H 'content-type: application/json' \\\n  -d '{"name": "my first pipeline", "pipeline_type_name": "extraction"}'`}
            >
              A pipeline registers itself, as often as it likes. Try it:
            </Empty>
          )
        }
      />
    </Page>
  );
}
