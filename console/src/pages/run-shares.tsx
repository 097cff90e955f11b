import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { Rollup } from '../api/types.ts';
import { compact, count, duration } from '../data/format.ts';
import { useApi } from '../data/queries.ts';
import { useUrlState } from '../data/url.ts';
import { Choice } from '../ui/filters.tsx';
import { Shown } from '../ui/states.tsx';

/** Where the time went: the executions of the run summed up. */
export function Shares({ id, root }: { id: number; root: number }): ReactNode {
  const by = useUrlState().get('by') ?? 'pipeline';
  const rollup = useApi<Rollup>(['root', root], `/pipeline_execution/${id}/rollup`, { by });
  return (
    <>
      <div className="filters">
        <Choice
          name="by"
          label="Sum up by"
          usual="pipeline"
          choices={{ pipeline: 'pipeline', pipeline_type: 'type', depth: 'level' }}
        />
      </div>
      <Shown query={rollup}>{(data) => <Table rollup={data} />}</Shown>
    </>
  );
}

function Table({ rollup }: { rollup: Rollup }): ReactNode {
  const groups = rollup.groups.toSorted((a, b) => b.self_seconds - a.self_seconds);
  const most = Math.max(1e-9, ...groups.map((group) => group.self_seconds));
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label="Shares">
      <table>
        <thead>
          <tr>
            <th scope="col">{rollup.by === 'depth' ? 'Level' : rollup.by === 'pipeline' ? 'Pipeline' : 'Type'}</th>
            <th scope="col">Time of its own</th>
            <th scope="col" className="number">
              Executions
            </th>
            <th scope="col" className="number">
              Failed
            </th>
            <th scope="col" className="number">
              Longest
            </th>
            <th scope="col" className="number">
              Rows
            </th>
          </tr>
        </thead>
        <tbody>
          {groups.map((group) => (
            <tr key={group.pipeline_id ?? group.pipeline_type_id ?? group.depth ?? ''}>
              <th scope="row">
                {group.pipeline_id !== null && group.pipeline_id !== undefined ? (
                  <Link href={`/pipelines/${group.pipeline_id}`}>
                    <bdi className="name">{group.pipeline_name}</bdi>
                  </Link>
                ) : (
                  (group.pipeline_type_name ?? group.depth)
                )}
              </th>
              <td>
                <span className="side">
                  <Bar group={group} most={most} />
                  <span className="number">{duration(group.self_seconds * 1000)}</span>
                </span>
              </td>
              <td className="number">{count(group.executions)}</td>
              <td className="number">{group.failed === 0 ? '–' : count(group.failed)}</td>
              <td className="number">{group.max_seconds === null ? '–' : duration(group.max_seconds * 1000)}</td>
              <td className="number">{compact(group.total_rows)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Time as a bar, of which the failed executions have their share. */
function Bar({ group, most }: { group: Rollup['groups'][number]; most: number }): ReactNode {
  const width = (group.self_seconds / most) * 60;
  const failed = group.failed / Math.max(1, group.executions);
  return (
    <>
      {failed > 0 && <span className="bar failed" style={{ inlineSize: `${width * failed}%` }} />}
      {failed < 1 && <span className="bar" style={{ inlineSize: `${width * (1 - failed)}%` }} />}
    </>
  );
}
