import type { ReactNode } from 'react';
import type { Execution, ExecutionStatus } from '../api/types.ts';
import { compact } from '../data/format.ts';
import { usePages } from '../data/queries.ts';
import { useUrlState } from '../data/url.ts';
import { Chips, TextFilter } from '../ui/filters.tsx';
import { type Column, List } from '../ui/list.tsx';
import { Name, Page } from '../ui/page.tsx';
import { Empty } from '../ui/states.tsx';
import { Status, STATUSES } from '../ui/status.tsx';
import { Duration, Elapsed, Instant } from '../ui/time.tsx';

export const RUN_COLUMNS: readonly Column<Execution>[] = [
  { name: 'Status', width: '7.5rem', cell: ({ status }) => <Status of={status} /> },
  { name: 'Pipeline', width: 'minmax(8rem, 2fr)', cell: (run) => <Name text={run.pipeline_name} to={linkTo(run)} /> },
  { name: 'Start', width: '14rem', cell: ({ start_date: start }) => <Instant at={start} /> },
  { name: 'Duration', width: '7rem', number: true, cell: (run) => <RunDuration run={run} /> },
  {
    name: 'Rows',
    width: '6rem',
    number: true,
    minor: true,
    cell: ({ total_rows: rows }) => (rows === null ? '–' : compact(rows)),
  },
  {
    name: 'Id',
    width: 'minmax(6rem, 1fr)',
    minor: true,
    cell: ({ id, external_id: external }) => <Name text={external ?? String(id)} />,
  },
];

export function linkTo({ id, root_id: root }: Pick<Execution, 'id' | 'root_id'>): string {
  return root === id ? `/runs/${id}` : `/runs/${root}?focus=${id}`;
}

function RunDuration({ run }: { run: Execution }): ReactNode {
  return run.status === 'running' ? (
    <Elapsed since={run.start_date} />
  ) : (
    <Duration ms={run.duration_seconds === null ? null : run.duration_seconds * 1000} />
  );
}

/** The time of a filter, which may be relative to now: `24h`, `7d`. It stays relative in the address. */
function timeOf(text: string | undefined, now: number): string | undefined {
  if (text === undefined || text === '') return undefined;
  const [, n, unit] = /^(\d{1,5})\s*(h|d|m)$/.exec(text) ?? [];
  if (n === undefined) return Number.isNaN(Date.parse(text)) ? undefined : new Date(text).toISOString();
  const ms = Number(n) * { h: 3_600_000, d: 86_400_000, m: 60_000 }[unit as 'h' | 'd' | 'm'];
  // To the minute: a list that asks anew with each second would never come to rest.
  return new Date(Math.floor((now - ms) / 60_000) * 60_000).toISOString();
}

/** The roots, newest first. */
export default function RunsPage(): ReactNode {
  const url = useUrlState();
  const filters = {
    // The daily report leads to all runs of a pipeline, also where they are parts of others.
    root: url.get('parts') === 'true' ? undefined : true,
    status: url.all('status') as ExecutionStatus[],
    pipeline_name: url.get('pipeline'),
    pipeline_type_name: url.get('type'),
    start_date_gte: timeOf(url.get('from'), Date.now()),
    start_date_lt: timeOf(url.get('to'), Date.now()),
  };
  const runs = usePages<Execution>(['root'], '/pipeline_execution', filters);
  return (
    <Page title="Runs">
      <div className="filters">
        <Chips name="status" label="Status" choices={STATUSES} />
        <TextFilter name="pipeline" label="Pipeline (whole name)" />
        <TextFilter name="type" label="Type" />
        <TextFilter name="from" label="From (24h, 7d, or a time)" />
        <TextFilter name="to" label="To" />
      </div>
      <List
        label="Runs"
        pages={runs}
        columns={RUN_COLUMNS}
        empty={<Empty title="No run matches">Take a filter away, or look further back with From.</Empty>}
      />
    </Page>
  );
}
