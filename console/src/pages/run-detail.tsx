import { type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import { apiUrl } from '../api/client.ts';
import type { Execution } from '../api/types.ts';
import { count, duration } from '../data/format.ts';
import { useApi } from '../data/queries.ts';
import { Copy } from '../ui/copy.tsx';
import { Facts, Name } from '../ui/page.tsx';
import { Shown } from '../ui/states.tsx';
import { RunAnomalies, RunLineageOf } from './run-datasets.tsx';
import { Status, Tag } from '../ui/status.tsx';
import { Elapsed, Instant } from '../ui/time.tsx';

interface Heartbeat {
  readonly at: string;
  readonly progress: number | null;
  readonly message: string | null;
}

export const DETAIL_ID = 'detail';

/** Everything about the execution that has the focus. */
export function Detail({ id, root }: { id: number; root: number }): ReactNode {
  const execution = useApi<Execution>(['root', root], `/pipeline_execution/${id}`);
  return (
    <aside className="detail panel" id={DETAIL_ID} tabIndex={-1} aria-label="The chosen execution">
      <Shown query={execution} rows={10}>
        {(data) => <Facets execution={data} root={root} />}
      </Shown>
    </aside>
  );
}

function Facets({ execution, root }: { execution: Execution; root: number }): ReactNode {
  const isRunning = execution.status === 'running';
  const rows = [
    ['Rows', execution.total_rows],
    ['Inserted', execution.inserts],
    ['Updated', execution.updates],
    ['Deleted', execution.soft_deletes],
  ] as const;
  return (
    <>
      <h2 dir="auto">
        <Name text={execution.pipeline_name} to={`/pipelines/${execution.pipeline_id}`} />
      </h2>
      <div className="tags">
        <Status of={execution.status} />
        {execution.attempt > 1 && <Tag>attempt {execution.attempt}</Tag>}
        {execution.superseded && <Tag>superseded by a retry</Tag>}
      </div>
      {execution.error_message !== null && (
        <pre className="error" tabIndex={0} dir="auto" aria-label="Error">
          {execution.error_message}
        </pre>
      )}
      {isRunning && <Progress id={execution.id} root={root} />}
      <Facts
        of={[
          ['Start', <Instant key="s" at={execution.start_date} />],
          ['End', execution.end_date === null ? '–' : <Instant key="e" at={execution.end_date} />],
          [
            'Duration',
            isRunning ? (
              <Elapsed key="d" since={execution.start_date} />
            ) : execution.duration_seconds === null ? (
              '–'
            ) : (
              duration(execution.duration_seconds * 1000)
            ),
          ],
          ...(execution.deadline === null ? [] : [['Deadline', <Instant key="l" at={execution.deadline} />] as const]),
          ...rows.flatMap(([name, value]) => (value === null ? [] : [[name, count(value)] as const])),
          ...(execution.watermark === null
            ? []
            : [['From watermark', <Name key="w" text={execution.watermark} />] as const]),
          ...(execution.next_watermark === null
            ? []
            : [['To watermark', <Name key="n" text={execution.next_watermark} />] as const]),
          ...(execution.retry_of === null
            ? []
            : [
                [
                  'Retry of',
                  <Link key="r" href={`/executions/${execution.retry_of}`}>
                    {execution.retry_of}
                  </Link>,
                ] as const,
              ]),
          ['Id', execution.id],
          ...(execution.external_id === null
            ? []
            : [['External id', <Name key="x" text={execution.external_id} />] as const]),
        ]}
      />
      <RunAnomalies execution={execution} />
      <RunLineageOf id={execution.id} root={root} />
      {execution.execution_metadata !== null && (
        <details>
          <summary>Metadata</summary>
          <pre tabIndex={0} dir="auto">
            {JSON.stringify(execution.execution_metadata, null, 2)}
          </pre>
        </details>
      )}
      <div className="buttons">
        <Copy label="Copy the link" text={() => new URL(`executions/${execution.id}`, document.baseURI).href} />
        <Copy label="as curl" text={() => `curl -s ${apiUrl(`/pipeline_execution/${execution.id}`)}`} />
        <Copy label="as SQL" text={() => `SELECT * FROM v_execution WHERE id = ${execution.id};`} />
        {execution.id !== root && <Link href={`/runs/${execution.id}`}>Show this part alone</Link>}
      </div>
    </>
  );
}

/** The last heartbeat, where the reader asks for it: most executions send none. */
function Progress({ id, root }: { id: number; root: number }): ReactNode {
  const [asked, ask] = useState(false);
  const { data, error } = useApi<Heartbeat>(['root', root], asked ? `/pipeline_execution/${id}/heartbeat` : null);
  if (!asked) {
    return (
      <button type="button" onClick={() => ask(true)}>
        Last heartbeat
      </button>
    );
  }
  if (!data) return <p className="hint">{error ? 'It has sent no heartbeat.' : '…'}</p>;
  return (
    <p>
      {data.progress !== null && <meter min={0} max={1} value={data.progress} aria-label="Progress" />}{' '}
      <bdi>{data.message}</bdi>{' '}
      <small>
        heard <Instant at={data.at} relative />
      </small>
    </p>
  );
}
