import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { NamedPipelineDay } from '../api/types.ts';
import { compact, count, duration } from '../data/format.ts';
import { usePages } from '../data/queries.ts';
import { useUrlState } from '../data/url.ts';
import { Choice, TextFilter } from '../ui/filters.tsx';
import { type Column, List } from '../ui/list.tsx';
import { Name, Page } from '../ui/page.tsx';
import { Empty } from '../ui/states.tsx';
import { Tag } from '../ui/status.tsx';

const DAY_MS = 86_400_000;
const DATE = /^\d{4}-\d\d-\d\d$/;
const RANGES = { 1: 'today', 2: '2 days', 7: '7 days', 30: '30 days', 92: '92 days' } as const;

const COLUMNS: readonly Column<NamedPipelineDay>[] = [
  { name: 'Day (UTC)', width: '6.5rem', cell: ({ day }) => day },
  {
    name: 'Pipeline',
    width: 'minmax(8rem, 2fr)',
    cell: ({ pipeline_id: id, pipeline_name: name }) => <Name text={name} to={`/pipelines/${id}/durations`} />,
  },
  {
    name: 'Type',
    width: 'minmax(5rem, 1fr)',
    minor: true,
    cell: ({ pipeline_type_name: type }) => <Name text={type} />,
  },
  { name: 'Runs', width: '4.5rem', number: true, cell: ({ executions }) => count(executions) },
  {
    name: 'Failed',
    width: '5rem',
    number: true,
    cell: ({ day, failed, pipeline_name: name }) =>
      failed === 0 ? (
        '–'
      ) : (
        <Link href={linkTo(name, day)}>
          <Tag tone="critical">{count(failed)}</Tag>
        </Link>
      ),
  },
  { name: 'Other', width: '5rem', number: true, minor: true, cell: (day) => others(day) },
  { name: 'Rows', width: '6rem', number: true, cell: ({ total_rows: rows }) => compact(rows) },
  {
    name: 'Mean',
    width: '6rem',
    number: true,
    minor: true,
    cell: ({ executions, open, total_seconds: seconds }) =>
      executions === open ? '–' : duration((seconds / (executions - open)) * 1000),
  },
  {
    name: 'Longest',
    width: '6rem',
    number: true,
    cell: ({ max_seconds: seconds }) => (seconds === 0 ? '–' : duration(seconds * 1000)),
  },
];

/** Aborted, skipped, lost and open runs, which are neither successes nor failures. */
function others({ aborted, lost, open, skipped }: NamedPipelineDay): ReactNode {
  const sum = aborted + lost + open + skipped;
  if (sum === 0) return '–';
  return <span title={`${aborted} aborted, ${skipped} skipped, ${lost} lost, ${open} open`}>{count(sum)}</span>;
}

/** The failed runs of a pipeline on a day. */
function linkTo(pipeline: string, day: string): string {
  const next = new Date(Date.parse(day) + DAY_MS).toISOString();
  return `/runs?${new URLSearchParams({ status: 'failed', pipeline, from: `${day}T00:00:00.000Z`, to: next, parts: 'true' })}`;
}

/** The executions of each pipeline and day: how many, how many failed, rows and durations. */
export default function DailyPage(): ReactNode {
  const url = useUrlState();
  const [from, to] = [url.get('from'), url.get('to')];
  const isRange = from !== undefined || to !== undefined;
  const last = to !== undefined && DATE.test(to) ? to : dayOf(Date.now());
  const days = Number(url.get('days') ?? 7);
  const first = from !== undefined && DATE.test(from) ? from : dayOf(Date.parse(last) - (days - 1) * DAY_MS);
  const report = usePages<NamedPipelineDay>(['pipeline'], '/pipeline_day', {
    from: first,
    to: last,
    pipeline_name: url.get('pipeline'),
    pipeline_type_name: url.get('type'),
  });
  return (
    <Page title="Daily report">
      <div className="filters">
        {!isRange && <Choice name="days" label="Last" usual="7" choices={RANGES} />}
        <TextFilter name="from" label="From" type="date" />
        <TextFilter name="to" label="To" type="date" />
        <TextFilter name="pipeline" label="Pipeline (whole name)" />
        <TextFilter name="type" label="Type" />
      </div>
      <List
        label="Daily report"
        pages={report}
        columns={COLUMNS}
        keyOf={({ day, pipeline_id: pipeline }) => `${day} ${pipeline}`}
        empty={
          <Empty title="Nothing ran">
            No execution started from {first} to {last} (UTC). Take a filter away, or choose other days.
          </Empty>
        }
      />
    </Page>
  );
}

function dayOf(at: number): string {
  return Number.isNaN(at) ? '' : new Date(at).toISOString().slice(0, 10);
}
