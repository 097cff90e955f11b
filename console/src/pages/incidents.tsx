import type { ReactNode } from 'react';
import type { Incident } from '../api/types.ts';
import { usePages } from '../data/queries.ts';
import { useUrlState } from '../data/url.ts';
import { Chips, Choice } from '../ui/filters.tsx';
import { type Column, List } from '../ui/list.tsx';
import { Name, Page } from '../ui/page.tsx';
import { Empty } from '../ui/states.tsx';
import { Tag } from '../ui/status.tsx';
import { affected, useWhy } from '../ui/incident-line.tsx';
import { Instant } from '../ui/time.tsx';

const KINDS = ['failure', 'timeliness', 'freshness', 'lost', 'missed', 'slow', 'anomaly'];

const COLUMNS: readonly Column<Incident>[] = [
  { name: 'Kind', width: '7rem', cell: ({ kind, severity }) => <Tag tone={severity}>{kind}</Tag> },
  {
    name: 'Pipeline',
    width: 'minmax(8rem, 1fr)',
    cell: ({ id, pipeline_name: name }) => <Name text={name} to={`/incidents/${id}`} />,
  },
  {
    name: 'Why',
    width: 'minmax(8rem, 2fr)',
    minor: true,
    cell: (incident) => <Why of={incident} />,
  },
  {
    name: 'Affects',
    width: '11.5rem',
    minor: true,
    cell: ({ impact }) => (impact === null ? '–' : affected(impact)),
  },
  { name: 'Opened', width: '7rem', cell: ({ opened_at: at }) => <Instant at={at} relative /> },
  {
    name: 'State',
    width: '9rem',
    cell: ({ status, acknowledged_by: by }) =>
      status === 'resolved' ? (
        <Tag tone="good">resolved</Tag>
      ) : by !== null ? (
        <Tag>handled by {by}</Tag>
      ) : (
        <Tag tone="critical">open</Tag>
      ),
  },
];

function Why({ of }: { of: Incident }): ReactNode {
  return <Name text={useWhy(of)} />;
}

/** Violations, open ones first asked for. */
export default function IncidentsPage(): ReactNode {
  const url = useUrlState();
  const status = url.get('status') ?? 'open';
  const incidents = usePages<Incident>(['incidents'], '/incident', {
    status: status === 'all' ? undefined : status,
    kind: url.all('kind'),
  });
  return (
    <Page title="Incidents">
      <div className="filters">
        <Choice name="status" label="Show" usual="open" choices={{ open: 'open', resolved: 'resolved', all: 'all' }} />
        <Chips name="kind" label="Kind" choices={KINDS} />
      </div>
      <List
        label="Incidents"
        pages={incidents}
        columns={COLUMNS}
        empty={
          <Empty title={status === 'open' ? 'Nothing is wrong' : 'No incident matches'}>
            A failed run opens one by itself, and so does an unusual or slow one. Freshness and timeliness are checked
            for pipelines with a threshold.
          </Empty>
        }
      />
    </Page>
  );
}
