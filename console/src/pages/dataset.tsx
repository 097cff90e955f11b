import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { Dataset, DatasetField, DatasetUse } from '../api/types.ts';
import { count } from '../data/format.ts';
import { itemsOf, useApi, usePages } from '../data/queries.ts';
import { type Column, List } from '../ui/list.tsx';
import { Facts, Name, Page, Tabs } from '../ui/page.tsx';
import { Empty, Shown } from '../ui/states.tsx';
import { Status } from '../ui/status.tsx';
import { Instant } from '../ui/time.tsx';
import { DatasetImpact } from './dataset-impact.tsx';
import { DatasetLineage } from './dataset-lineage.tsx';

const TABS = { lineage: 'Lineage', impact: 'Impact', writes: 'Written by', reads: 'Read by', about: 'About' } as const;

/** One dataset: what it is, what feeds it, what depends on it, and which runs wrote and read it. */
export default function DatasetPage({ id, tab }: { id: number; tab: string }): ReactNode {
  const dataset = useApi<Dataset>(['other'], `/dataset/${id}`);
  return (
    <Shown query={dataset} rows={12}>
      {(data) => (
        <Page title={data.name} head={<Head dataset={data} />}>
          <Tabs
            at={tab in TABS ? tab : 'lineage'}
            tabs={Object.fromEntries(
              Object.entries(TABS).map(([name, text]) => [name, { to: `/datasets/${id}/${name}`, text }]),
            )}
          />
          <Tab dataset={data} tab={tab} />
        </Page>
      )}
    </Shown>
  );
}

function Tab({ dataset, tab }: { dataset: Dataset; tab: string }): ReactNode {
  switch (tab) {
    case 'impact':
      return <DatasetImpact id={dataset.id} />;
    case 'writes':
    case 'reads':
      return <Uses key={tab} id={dataset.id} of={tab} />;
    case 'about':
      return <About dataset={dataset} />;
    default:
      return <DatasetLineage id={dataset.id} />;
  }
}

function Head({ dataset }: { dataset: Dataset }): ReactNode {
  const writes = usePages<DatasetUse>(['pipeline'], `/dataset/${dataset.id}/writes`, { limit: 1 });
  const [last] = itemsOf(writes);
  return (
    <Facts
      of={[
        ['Type', <Name key="t" text={dataset.address_type_name} />],
        ...(dataset.namespace === '' ? [] : [['Namespace', <Name key="n" text={dataset.namespace} />] as const]),
        ['Last written', last ? <Instant key="w" at={last.at} relative /> : 'not reported'],
        ...(last
          ? [['by', <Name key="b" text={last.pipeline_name} to={`/executions/${last.execution_id}`} />] as const]
          : []),
        ...(last && last.rows !== null ? [['Rows', count(last.rows)] as const] : []),
      ]}
    />
  );
}

const COLUMNS: readonly Column<DatasetUse>[] = [
  { name: 'Status', width: '7.5rem', cell: ({ status }) => <Status of={status} /> },
  {
    name: 'Pipeline',
    width: 'minmax(8rem, 2fr)',
    cell: ({ pipeline_id: id, pipeline_name: name }) => <Name text={name} to={`/pipelines/${id}`} />,
  },
  { name: 'At', width: '14rem', cell: ({ at }) => <Instant at={at} /> },
  { name: 'Rows', width: '7rem', number: true, cell: ({ rows }) => (rows === null ? '–' : count(rows)) },
  {
    name: 'Bytes',
    width: '7rem',
    number: true,
    minor: true,
    cell: ({ bytes }) => (bytes === null ? '–' : count(bytes)),
  },
  {
    name: 'Execution',
    width: '6rem',
    number: true,
    cell: ({ execution_id: id }) => <Link href={`/executions/${id}`}>{id}</Link>,
  },
];

/** The executions that reported to have written or read it, newest first. */
function Uses({ id, of }: { id: number; of: 'writes' | 'reads' }): ReactNode {
  const uses = usePages<DatasetUse>(['pipeline'], `/dataset/${id}/${of}`);
  return (
    <List
      label={TABS[of]}
      pages={uses}
      columns={COLUMNS}
      keyOf={({ execution_id: execution }) => execution}
      empty={
        <Empty
          title={of === 'writes' ? 'No run has reported to have written it' : 'No run has reported to have read it'}
        >
          Runs report it by PUT /pipeline_execution/ID/lineage. What pipelines declare is in the lineage.
        </Empty>
      }
    />
  );
}

function About({ dataset }: { dataset: Dataset }): ReactNode {
  const facts = [
    ['Id', String(dataset.id)],
    ['Group', dataset.address_type_group_name],
    ['Database', dataset.database_name],
    ['Schema', dataset.schema_name],
    ['Table', dataset.table_name],
    ['Primary key', dataset.primary_key],
  ] as const;
  return (
    <div className="panel">
      <h2 dir="auto">{dataset.name}</h2>
      <Facts
        of={[
          ...facts.flatMap(([name, value]) =>
            value === null ? [] : [[name, <Name key={name} text={value} />] as const],
          ),
          ['Known since', <Instant key="c" at={dataset.created_at} />],
          ...(dataset.updated_at === null ? [] : [['Changed', <Instant key="u" at={dataset.updated_at} />] as const]),
        ]}
      />
      {dataset.fields !== null && <Fields of={dataset.fields} />}
      {dataset.address_metadata !== null && (
        <pre tabIndex={0} dir="auto" aria-label="Metadata">
          {JSON.stringify(dataset.address_metadata, null, 2)}
        </pre>
      )}
    </div>
  );
}

/** The fields of a dataset; those of a structure are shown as `structure.field`. */
function Fields({ of }: { of: readonly DatasetField[] }): ReactNode {
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label="Fields">
      <table>
        <thead>
          <tr>
            <th scope="col">Field</th>
            <th scope="col">Type</th>
            <th scope="col">Meaning</th>
          </tr>
        </thead>
        <tbody>
          {flatFields(of).map(({ path, type, description }, index) => (
            <tr key={index}>
              <td dir="auto">{path}</td>
              <td dir="auto">{type ?? '–'}</td>
              <td dir="auto">{description ?? ''}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function flatFields(fields: readonly DatasetField[], above = ''): (DatasetField & { path: string })[] {
  return fields.flatMap((field) => {
    const path = `${above}${field.name}`;
    return [{ ...field, path }, ...flatFields(field.fields ?? [], `${path}.`)];
  });
}
