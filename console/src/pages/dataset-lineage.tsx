import { lazy, type ReactNode, Suspense } from 'react';
import type { DatasetGraph } from '../api/types.ts';
import { count } from '../data/format.ts';
import { useApi } from '../data/queries.ts';
import { useUrlState } from '../data/url.ts';
import { Choice } from '../ui/filters.tsx';
import { Name } from '../ui/page.tsx';
import { Empty, Loading, Shown } from '../ui/states.tsx';
import { stepsAway } from './dataset-impact.tsx';

const Graph = lazy(() => import('../lineage/graph.tsx'));

const DEPTHS = { 1: '1 step', 2: '2 steps', 3: '3 steps', 5: '5 steps', 10: '10 steps', 50: '50 steps' } as const;

/** What feeds a dataset and what it feeds, as a picture or as a table. */
export function DatasetLineage({ id }: { id: number }): ReactNode {
  const url = useUrlState();
  const graph = useApi<DatasetGraph>(['other'], `/dataset/${id}/graph`, {
    direction: url.get('direction') ?? 'both',
    depth: url.get('depth') ?? '2',
  });
  return (
    <>
      <div className="filters">
        <Choice
          name="direction"
          label="Direction"
          usual="both"
          choices={{ both: 'both', upstream: 'upstream', downstream: 'downstream' }}
        />
        <Choice name="depth" label="As far as" usual="2" choices={DEPTHS} />
        <Choice name="view" label="As a" usual="graph" choices={{ graph: 'graph', table: 'table' }} />
      </div>
      <Shown query={graph} rows={10}>
        {(data) => (
          <>
            <Ends graph={data} id={id} />
            <Cuts graph={data} />
            {data.nodes.length === 1 ? (
              <Empty title="Nothing is connected with it">No pipeline is known to read or write it now.</Empty>
            ) : url.get('view') === 'table' ? (
              <Table graph={data} id={id} />
            ) : (
              <Suspense fallback={<Loading rows={8} />}>
                <Graph graph={data} id={id} />
              </Suspense>
            )}
          </>
        )}
      </Shown>
    </>
  );
}

function Cuts({ graph }: { graph: DatasetGraph }): ReactNode {
  if (!graph.truncated && !graph.edges_truncated) return null;
  return (
    <p className="cut">
      This is not all of it.
      {graph.truncated && ` Datasets are missing from ${graph.truncated_at_depth} steps on: at most 1,000 are shown.`}
      {graph.edges_truncated && ' Edges are missing: at most 5,000 are shown.'}
    </p>
  );
}

/** Who writes and reads the dataset itself, and its other names. */
function Ends({ graph, id }: { graph: DatasetGraph; id: number }): ReactNode {
  const names = new Map(graph.pipelines.map((pipeline) => [pipeline.id, pipeline.name]));
  const pipelines = (ids: readonly number[]): ReactNode =>
    ids.length === 0 ? (
      <span className="hint">nobody known</span>
    ) : (
      [...new Set(ids)].map((pipeline) => (
        <Name key={pipeline} text={names.get(pipeline) ?? String(pipeline)} to={`/pipelines/${pipeline}/lineage`} />
      ))
    );
  const others = graph.aliases.flatMap(({ a_id, b_id }) => (a_id === id ? [b_id] : b_id === id ? [a_id] : []));
  return (
    <dl className="ends">
      <div>
        <dt>Written by</dt>
        <dd>{pipelines(graph.edges.flatMap((edge) => (edge.target_id === id ? [edge.pipeline_id] : [])))}</dd>
      </div>
      <div>
        <dt>Read by</dt>
        <dd>{pipelines(graph.edges.flatMap((edge) => (edge.source_id === id ? [edge.pipeline_id] : [])))}</dd>
      </div>
      {others.length > 0 && (
        <div>
          <dt>Also called</dt>
          <dd>
            {graph.nodes
              .filter((node) => others.includes(node.id))
              .map((node) => (
                <Name key={node.id} text={node.name} to={`/datasets/${node.id}`} />
              ))}
          </dd>
        </div>
      )}
    </dl>
  );
}

function Table({ graph, id }: { graph: DatasetGraph; id: number }): ReactNode {
  const names = new Map(graph.pipelines.map((pipeline) => [pipeline.id, pipeline.name]));
  const writers = Map.groupBy(graph.edges, (edge) => edge.target_id);
  const rows = graph.nodes
    .filter((node) => node.id !== id)
    .toSorted((a, b) => distance(a) - distance(b) || a.name.localeCompare(b.name));
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label="Lineage">
      <table>
        <thead>
          <tr>
            <th scope="col">Dataset</th>
            <th scope="col">Upstream</th>
            <th scope="col">Downstream</th>
            <th scope="col">Type</th>
            <th scope="col">Written by</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((node) => {
            const pipelines = [...new Set(writers.get(node.id)?.map((edge) => edge.pipeline_id))];
            return (
              <tr key={node.id}>
                <th scope="row">
                  <Name text={node.name} to={`/datasets/${node.id}`} />
                </th>
                <td>{node.upstream_depth === null ? '–' : stepsAway(node.upstream_depth)}</td>
                <td>{node.downstream_depth === null ? '–' : stepsAway(node.downstream_depth)}</td>
                <td>{node.address_type_name}</td>
                <td>
                  {pipelines.length === 0 && '–'}
                  {pipelines.slice(0, 3).map((pipeline) => (
                    <span key={pipeline} className="one">
                      <Name text={names.get(pipeline) ?? String(pipeline)} to={`/pipelines/${pipeline}/lineage`} />
                    </span>
                  ))}
                  {pipelines.length > 3 && <small>and {count(pipelines.length - 3)} more</small>}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function distance({ upstream_depth: up, downstream_depth: down }: DatasetGraph['nodes'][number]): number {
  return Math.min(up ?? Infinity, down ?? Infinity);
}
