import type { ReactNode } from 'react';
import { apiUrl } from '../api/client.ts';
import type { DatasetReference, PipelineLineage } from '../api/types.ts';
import { useApi } from '../data/queries.ts';
import { Name } from '../ui/page.tsx';
import { Empty, Shown } from '../ui/states.tsx';

/** What a pipeline reads and writes now. */
export default function Lineage({ id }: { id: number }): ReactNode {
  const lineage = useApi<PipelineLineage>(['pipeline', id], `/pipeline/${id}/lineage`);
  return (
    <Shown query={lineage}>
      {(data) =>
        data.inputs.length + data.outputs.length === 0 ? (
          <Empty
            title="It is not known what it reads and writes"
            command={[
              `curl -s -X PUT ${apiUrl(`/pipeline/${id}/lineage`)} -H 'content-type: application/json' \\`,
              `  -d '{"inputs": [{"name": "crm.public.customers"}], "outputs": [{"name": "warehouse.public.customers"}]}'`,
            ].join('\n')}
          >
            It says so itself, or its runs do. Declare it:
          </Empty>
        ) : (
          <>
            {data.truncated && (
              <p className="cut">These are not all: at most 1,000 datasets on each side and 5,000 edges are shown.</p>
            )}
            <div className="columns even">
              <Side title="Reads" datasets={data.inputs} lineage={data} />
              <Side title="Writes" datasets={data.outputs} lineage={data} />
            </div>
          </>
        )
      }
    </Shown>
  );
}

function Side({
  title,
  datasets,
  lineage: { edges },
}: {
  title: 'Reads' | 'Writes';
  datasets: readonly DatasetReference[];
  lineage: PipelineLineage;
}): ReactNode {
  const end = title === 'Reads' ? 'source_id' : 'target_id';
  const known = Map.groupBy(edges, (edge) => edge[end]);
  return (
    <section>
      <div className="scroll" tabIndex={0} role="region" aria-label={title}>
        <table>
          <thead>
            <tr>
              <th scope="col">{title}</th>
              <th scope="col">Since</th>
              <th scope="col">Known by</th>
            </tr>
          </thead>
          <tbody>
            {datasets.map(({ id, name, namespace }) => (
              <tr key={id}>
                <th scope="row">
                  <Name text={name} to={`/datasets/${id}`} />
                  {namespace !== '' && (
                    <small>
                      <Name text={namespace} />
                    </small>
                  )}
                </th>
                <td>
                  {known.get(id)?.reduce((first, edge) => (edge.first_seen < first ? edge.first_seen : first), '9')}
                </td>
                <td>{sourceOf(known.get(id) ?? [])}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

/** Whether it was declared, and on which day a run showed it last. */
function sourceOf(edges: PipelineLineage['edges']): string {
  const last = edges.reduce((latest, { last_seen: seen }) => (seen !== null && seen > latest ? seen : latest), '');
  const parts = [edges.some(({ declared }) => declared) && 'declaration', last !== '' && `runs, last ${last}`];
  return parts.filter((part) => part !== false).join('; ');
}
