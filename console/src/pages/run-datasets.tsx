import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { Anomaly, Execution, RunDatasets, RunLineage } from '../api/types.ts';
import { count } from '../data/format.ts';
import { itemsOf, useApi, usePages } from '../data/queries.ts';
import { Anomalies } from '../ui/anomaly.tsx';
import { Name } from '../ui/page.tsx';

/** What an execution read, who had written that, and what it wrote. */
export function RunLineageOf({ id, root }: { id: number; root: number }): ReactNode {
  const { data } = useApi<RunLineage>(['root', root], `/pipeline_execution/${id}/lineage`);
  const run = data?.runs[0];
  if (!run || run.inputs.length + run.outputs.length === 0) return null;
  return (
    <section className="lineage" aria-label="Datasets">
      <Inputs run={run} />
      {run.outputs.length > 0 && <h3>{run.source === 'declared' ? 'Its pipeline writes' : 'Wrote'}</h3>}
      <ul className="datasets">
        {run.outputs.map(({ id: dataset, name, rows }) => (
          <li key={dataset}>
            <Name text={name} to={`/datasets/${dataset}`} />
            {rows !== null && <small>{count(rows)} rows</small>}
          </li>
        ))}
      </ul>
      {data.truncated && <p className="hint">There are more datasets than are shown.</p>}
    </section>
  );
}

function Inputs({ run }: { run: RunDatasets }): ReactNode {
  if (run.inputs.length === 0) return null;
  return (
    <>
      <h3>{run.source === 'declared' ? 'Its pipeline reads' : 'Read'}</h3>
      <ul className="datasets">
        {run.inputs.map(({ id, name, produced_by: producer }) => (
          <li key={id}>
            <Name text={name} to={`/datasets/${id}`} />
            {producer && (
              <small>
                from <Link href={`/executions/${producer.id}`}>{producer.id}</Link>{' '}
                <bdi title={producer.pipeline_name}>{producer.pipeline_name}</bdi>
              </small>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}

/** What is unusual about an execution; asked for only where it is flagged. */
export function RunAnomalies({ execution }: { execution: Execution }): ReactNode {
  const isFlagged = Object.values(execution.anomaly_flags ?? {}).some(Boolean);
  return isFlagged ? <Flagged id={execution.id} root={execution.root_id} /> : null;
}

function Flagged({ id, root }: { id: number; root: number }): ReactNode {
  const anomalies = usePages<Anomaly>(['root', root], '/anomaly', { root_id: root, limit: 1000 });
  const own = itemsOf(anomalies).filter(({ execution_id: execution }) => execution === id);
  return own.length > 0 ? <Anomalies of={own} /> : null;
}
