import type { ReactNode } from 'react';
import { Redirect } from 'wouter';
import type { Execution, ListedPipeline } from '../api/types.ts';
import { itemsOf, useApi, usePages } from '../data/queries.ts';
import { useUrlState } from '../data/url.ts';
import { Page } from '../ui/page.tsx';
import { Empty, Failure, Loading } from '../ui/states.tsx';
import { linkTo } from './runs.tsx';

/** Stable links: an execution by its id, or by its pipeline and external id, as a scheduler knows them. */
export default function GoPage({ id }: { id?: number }): ReactNode {
  const url = useUrlState();
  const [pipeline, external] = [url.get('pipeline'), url.get('external_id')];
  return id !== undefined ? <ToExecution id={id} /> : <ToRun pipeline={pipeline} external={external} />;
}

function ToExecution({ id }: { id: number }): ReactNode {
  const { data, error } = useApi<Execution>(['other'], `/pipeline_execution/${id}`);
  if (data) return <Redirect to={linkTo(data)} replace />;
  return error ? <Failure error={error} /> : <Loading />;
}

function ToRun({ pipeline, external }: { pipeline: string | undefined; external: string | undefined }): ReactNode {
  const query = { pipeline_name: pipeline, external_id: external, limit: 1 };
  const runs = usePages<Execution>(['other'], '/pipeline_execution', query);
  const pipelines = usePages<ListedPipeline>(['other'], '/pipeline', { name: pipeline ?? '', limit: 1 });
  const [[run], [found]] = [itemsOf(runs), itemsOf(pipelines)];
  if (external !== undefined && run) return <Redirect to={linkTo(run)} replace />;
  if (external === undefined && found) return <Redirect to={`/pipelines/${found.id}`} replace />;
  if (runs.isPending || pipelines.isPending) return <Loading />;
  if (runs.error) return <Failure error={runs.error} />;
  return (
    <Page title="Not found">
      <Empty title={`No run ${external ?? ''} of ${pipeline ?? 'a pipeline'} has been reported`}>
        It appears as soon as its start is reported.
      </Empty>
    </Page>
  );
}
