import type { DatasetField } from '../../../features/lineage/address.entity.js';
import type { FacetReader } from './facet-reader.js';
import { countOf, isObject, type JsonObject, objectOf, objectsOf, textOf } from './json.js';
import type { DatasetFacts, DatasetName, StatedSources } from './lineage-event.js';
import { fittingName } from './names.js';

const LONGEST_NAMESPACE = 255;
const LONGEST_NAME = 2048;
const LONGEST_KIND = 255;
/** The most fields of a dataset, and their largest size as JSON. */
const MOST_FIELDS = 1000;
const LARGEST_FIELDS = 262_144;
/** The most datasets that one output is said to come from. */
const MOST_SOURCES = 1000;

/** What an event says of a dataset; undefined for one without a name. */
export function datasetFacts(reader: FacetReader, dataset: unknown): DatasetFacts | undefined {
  const name = isObject(dataset) ? datasetName(dataset) : undefined;
  if (!isObject(dataset) || !name) return undefined;
  const facets = reader.facets(dataset['facets'], 'dataset');
  const output = reader.facets(dataset['outputFacets'], 'outputFacets');
  const input = reader.facets(dataset['inputFacets'], 'inputFacets');
  return {
    ...name,
    ...reader.read(input, 'inputStatistics', measuresOf),
    // Early producers have it among the other facets.
    ...reader.read(output['outputStatistics'] === undefined ? facets : output, 'outputStatistics', measuresOf),
    aliases: reader.read(facets, 'symlinks', aliasesOf) ?? [],
    fields: reader.read(facets, 'schema', ({ fields }) => fieldsOf(fields)),
    sources: reader.read(facets, 'lineage', ({ inputs, fields }) => sourcesOf(inputs, fields, 'inputs')),
    columnSources: namedAny(
      reader.read(facets, 'columnLineage', (facet) => sourcesOf(facet['dataset'], facet['fields'], 'inputFields')),
    ),
  };
}

/** Where outputs come from, by the `lineage` facet of a job or a run. */
export function statedSources(reader: FacetReader, facet: unknown): StatedSources[] {
  return (
    reader.read({ lineage: facet }, 'lineage', (lineage) =>
      objectsOf(lineage['entries'] ?? lineage['lineage'])?.flatMap((entry) => {
        const target = objectOf(entry['target']) ?? entry;
        const name = isDataset(target) ? datasetName(target) : undefined;
        const sources = sourcesOf(entry['sources'] ?? entry['inputs'], entry['fields'], 'inputs');
        return name && sources ? [{ target: name, sources }] : [];
      }),
    ) ?? []
  );
}

function measuresOf(facet: JsonObject): Pick<DatasetFacts, 'rows' | 'bytes' | 'files'> {
  const all = { rows: countOf(facet['rowCount']), bytes: countOf(facet['size']), files: countOf(facet['fileCount']) };
  return Object.fromEntries(Object.entries(all).filter(([, count]) => count !== undefined));
}

/** Undefined for no list, and for one that is too large to be kept. */
function fieldsOf(list: unknown): DatasetField[] | undefined {
  const fields = objectsOf(list)?.slice(0, MOST_FIELDS).flatMap(fieldOf);
  return fields && JSON.stringify(fields).length <= LARGEST_FIELDS ? fields : undefined;
}

function fieldOf(field: JsonObject): DatasetField[] {
  const name = textOf(field['name']);
  if (name === undefined) return [];
  const own = { name, type: textOf(field['type']) ?? null, description: textOf(field['description']) ?? null };
  const fields = objectsOf(field['fields'])?.flatMap(fieldOf) ?? [];
  return [fields.length === 0 ? own : { ...own, fields }];
}

function aliasesOf(facet: JsonObject): DatasetFacts['aliases'] | undefined {
  return objectsOf(facet['identifiers'])?.flatMap((alias) => {
    const name = datasetName(alias);
    return name ? { ...name, kind: fittingName(textOf(alias['type']) ?? 'TABLE', LONGEST_KIND) } : [];
  });
}

/**
 * The datasets of a list and of the lists of fields; undefined where there is neither. An empty list says that there are
 * none.
 */
function sourcesOf(list: unknown, fields: unknown, member: string): DatasetName[] | undefined {
  const ofFields = objectOf(fields);
  const ofAll = objectsOf(list);
  if (!ofAll && !ofFields) return undefined;
  const sources = new Map<string, DatasetName>();
  const lists = [
    ofAll ?? [],
    ...Object.values(ofFields ?? {}).map((field) => objectsOf(objectOf(field)?.[member]) ?? []),
  ];
  for (const source of lists.flat()) {
    const name = isDataset(source) ? datasetName(source) : undefined;
    if (name && sources.size < MOST_SOURCES) sources.set(`${name.namespace}\0${name.name}`, name);
  }
  return [...sources.values()];
}

/** Columns without sources say nothing about where the dataset comes from. */
function namedAny(sources: DatasetName[] | undefined): DatasetName[] | undefined {
  return sources?.length === 0 ? undefined : sources;
}

function isDataset({ type }: JsonObject): boolean {
  return type === undefined || type === 'DATASET';
}

function datasetName({ namespace, name }: JsonObject): DatasetName | undefined {
  if (typeof namespace !== 'string' || typeof name !== 'string' || name.trim() === '') return undefined;
  return { namespace: fittingName(namespace, LONGEST_NAMESPACE), name: fittingName(name, LONGEST_NAME) };
}
