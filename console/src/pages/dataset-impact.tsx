import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { AffectedPipeline, ExecutionStatus, Impact } from '../api/types.ts';
import { count } from '../data/format.ts';
import { useApi } from '../data/queries.ts';
import { Name } from '../ui/page.tsx';
import { Empty, Shown } from '../ui/states.tsx';
import { Status, Tag } from '../ui/status.tsx';
import { Instant } from '../ui/time.tsx';

/** What depends on a dataset. */
export function DatasetImpact({ id }: { id: number }): ReactNode {
  const impact = useApi<Impact>(['pipeline'], `/dataset/${id}/impact`);
  return <Shown query={impact}>{(data) => <ImpactOf impact={data} />}</Shown>;
}

/** What depends on what an execution should have written. */
export function ExecutionImpact({ id }: { id: number }): ReactNode {
  const impact = useApi<Impact>(['pipeline'], `/pipeline_execution/${id}/impact`);
  return <Shown query={impact}>{(data) => <ImpactOf impact={data} />}</Shown>;
}

function ImpactOf({ impact }: { impact: Impact }): ReactNode {
  const { datasets, pipelines } = impact;
  if (datasets.length + pipelines.length === 0) {
    return <Empty title="Nothing depends on it">No pipeline is known to read it.</Empty>;
  }
  return (
    <>
      <p>
        {count(datasets.length)} {datasets.length === 1 ? 'dataset' : 'datasets'} and {count(pipelines.length)}{' '}
        {pipelines.length === 1 ? 'pipeline' : 'pipelines'} depend on it, nearest first.
        {impact.since !== null && (
          <>
            {' '}
            The data is stale since <Instant at={impact.since} />.
          </>
        )}
      </p>
      {(impact.truncated || impact.pipelines_truncated) && (
        <p className="cut">
          These are not all:{' '}
          {impact.truncated && `datasets ${impact.truncated_at_depth} steps away and farther are missing`}
          {impact.truncated && impact.pipelines_truncated && ', and '}
          {impact.pipelines_truncated && 'only the nearest 1,000 pipelines are listed'}.
        </p>
      )}
      {pipelines.length > 0 && <Pipelines of={pipelines} since={impact.since} />}
      {datasets.length > 0 && (
        <details>
          <summary>The datasets</summary>
          <ul className="datasets">
            {datasets.map(({ id, name, depth }) => (
              <li key={id}>
                <Name text={name} to={`/datasets/${id}`} />{' '}
                <small>{depth === 0 ? 'written by it' : stepsAway(depth)}</small>
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

export function stepsAway(depth: number): string {
  return `${depth} ${depth === 1 ? 'step' : 'steps'} away`;
}

function Pipelines({ of, since }: { of: readonly AffectedPipeline[]; since: string | null }): ReactNode {
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label="Pipelines that depend on it">
      <table>
        <thead>
          <tr>
            <th scope="col">Pipeline</th>
            <th scope="col">Distance</th>
            <th scope="col">Last run</th>
            <th scope="col">Started</th>
            <th scope="col">Next start</th>
            <th scope="col">Incidents</th>
            {since !== null && <th scope="col">Ran since</th>}
          </tr>
        </thead>
        <tbody>
          {of.map((pipeline) => {
            const { last_execution: last } = pipeline;
            return (
              <tr key={pipeline.id}>
                <th scope="row">
                  <Name text={pipeline.name} to={`/pipelines/${pipeline.id}/lineage`} />
                </th>
                <td>{stepsAway(pipeline.depth)}</td>
                <td>{last === null ? 'never ran' : <Status of={last.status as ExecutionStatus} />}</td>
                <td>{last !== null && <Instant at={last.start_date} relative />}</td>
                <td>{pipeline.next_expected_at === null ? '–' : <Instant at={pipeline.next_expected_at} />}</td>
                <td>
                  {pipeline.open_incidents === 0 ? (
                    '–'
                  ) : (
                    <Link href={`/pipelines/${pipeline.id}/incidents`}>
                      <Tag tone="critical">{pipeline.open_incidents} open</Tag>
                    </Link>
                  )}
                </td>
                {since !== null && <td>{pipeline.ran_since ? <Tag tone="warning">yes</Tag> : 'no'}</td>}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
