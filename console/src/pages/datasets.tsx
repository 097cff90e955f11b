import type { ReactNode } from 'react';
import { apiUrl } from '../api/client.ts';
import type { Dataset } from '../api/types.ts';
import { usePages } from '../data/queries.ts';
import { useUrlState } from '../data/url.ts';
import { TextFilter } from '../ui/filters.tsx';
import { type Column, List } from '../ui/list.tsx';
import { Name, Page } from '../ui/page.tsx';
import { Empty } from '../ui/states.tsx';
import { Instant } from '../ui/time.tsx';

const COLUMNS: readonly Column<Dataset>[] = [
  { name: 'Dataset', width: 'minmax(10rem, 2fr)', cell: ({ id, name }) => <Name text={name} to={`/datasets/${id}`} /> },
  {
    name: 'Namespace',
    width: 'minmax(8rem, 1fr)',
    minor: true,
    cell: ({ namespace }) => (namespace === '' ? '–' : <Name text={namespace} />),
  },
  {
    name: 'Type',
    width: 'minmax(6rem, 10rem)',
    cell: ({ address_type_name: type }) => <Name text={type} />,
  },
  { name: 'Known since', width: '8rem', minor: true, cell: ({ created_at: at }) => <Instant at={at} relative /> },
];

/** Where data is: what pipelines read and write. */
export default function DatasetsPage(): ReactNode {
  const url = useUrlState();
  const datasets = usePages<Dataset>(['other'], '/dataset', { q: url.get('q'), namespace: url.get('namespace') });
  const isFiltered = url.get('q') !== undefined || url.get('namespace') !== undefined;
  return (
    <Page title="Datasets">
      <div className="filters">
        <TextFilter name="q" label="Part of the name" />
        <TextFilter name="namespace" label="Namespace (whole)" />
      </div>
      <List
        label="Datasets"
        pages={datasets}
        columns={COLUMNS}
        empty={isFiltered ? <Empty title="No dataset matches">Take a filter away.</Empty> : <First />}
      />
    </Page>
  );
}

function First(): ReactNode {
  return (
    <Empty
      title="No dataset is known yet"
      command={[
        `curl -s -X PUT ${apiUrl('/pipeline/1/lineage')} -H 'content-type: application/json' \\`,
        `  -d '{"inputs": [{"name": "crm.public.customers"}], "outputs": [{"name": "warehouse.public.customers"}]}'`,
      ].join('\n')}
    >
      A dataset is a place where data is: a table, a topic, a folder. Pipelines say which they read and write, here the
      one with the id 1:
    </Empty>
  );
}
