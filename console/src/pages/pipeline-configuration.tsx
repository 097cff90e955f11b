import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { Pipeline, PipelineChange } from '../api/types.ts';
import { itemsOf, usePages } from '../data/queries.ts';
import { Empty, Failure, Loading } from '../ui/states.tsx';
import { Tag } from '../ui/status.tsx';
import { Instant } from '../ui/time.tsx';

/** What the pipeline is now, and everything that changed it, with the fields before and after. */
export function Configuration({ pipeline }: { pipeline: Pipeline }): ReactNode {
  const changes = usePages<PipelineChange>(['pipeline', pipeline.id], `/pipeline/${pipeline.id}/changes`, {
    limit: 50,
  });
  if (changes.data === undefined) return changes.error ? <Failure error={changes.error} /> : <Loading />;
  const found = itemsOf(changes).filter(({ kind }) => kind !== 'watermark');
  return (
    <div className="columns">
      <section aria-labelledby="now">
        <h2 id="now">Metadata</h2>
        {pipeline.pipeline_metadata === null ? (
          <p className="hint">none</p>
        ) : (
          <pre tabIndex={0} dir="auto">
            {JSON.stringify(pipeline.pipeline_metadata, null, 2)}
          </pre>
        )}
        <p className="hint">Version {pipeline.config_version} of the configuration</p>
      </section>
      <section aria-labelledby="changes">
        <h2 id="changes">Changes</h2>
        {found.length === 0 && <Empty title="Nothing has changed" />}
        <ol className="changes">
          {found.map((change) => (
            <li key={`${change.at} ${change.kind}`}>
              <header>
                <Tag>{change.kind}</Tag> <Instant at={change.at} />
                {change.by !== null && (
                  <>
                    {' by '}
                    <bdi>{change.by}</bdi>
                  </>
                )}
                {change.execution_id !== null && change.execution_id !== undefined && (
                  <Link href={`/executions/${change.execution_id}`}>run {change.execution_id}</Link>
                )}
              </header>
              {change.kind === 'created' ? null : <Difference before={change.before} after={change.after} />}
            </li>
          ))}
        </ol>
        {changes.hasNextPage && (
          <button type="button" onClick={() => void changes.fetchNextPage()}>
            Older ones
          </button>
        )}
      </section>
    </div>
  );
}

type Fields = Readonly<Record<string, unknown>> | null;

function Difference({ before, after }: { before: unknown; after: unknown }): ReactNode {
  const [old, current] = [before as Fields, after as Fields];
  const names = [...new Set([...Object.keys(old ?? {}), ...Object.keys(current ?? {})])];
  const changed = names.filter((name) => text(old?.[name]) !== text(current?.[name]));
  return (
    <dl className="difference">
      {changed.map((name) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd dir="auto">
            <del>{text(old?.[name])}</del> <span aria-hidden="true">→</span> <ins>{text(current?.[name])}</ins>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function text(value: unknown): string {
  return value === undefined || value === null ? 'none' : typeof value === 'string' ? value : JSON.stringify(value);
}
