import type { JobFacts, JobName } from './lineage-event.js';
import type { FacetReader } from './facet-reader.js';
import { type JsonObject, objectOf, objectsOf, textOf } from './json.js';
import { fittingName } from './names.js';
import { fitting, some, tagsOf } from './run-facets.js';

const LONGEST_TYPE = 255;

/** What an event says of its job. The schedule of an Airflow DAG is in a facet of its runs. */
export function jobFacts(reader: FacetReader, name: JobName, facets: JsonObject, runFacets: JsonObject): JobFacts {
  return {
    name,
    type: reader.read(facets, 'jobType', typeOf),
    schedule: reader.read(runFacets, 'airflowDagRun', (facet) => scheduleOf(facet) ?? null) ?? undefined,
    shown: fitting({
      ownership: reader.read(facets, 'ownership', (facet) =>
        objectsOf(facet['owners'])?.map((owner) => some(owner, ['name', 'type'])),
      ),
      tags: reader.read(facets, 'tags', tagsOf),
      documentation: reader.read(facets, 'documentation', (facet) => textOf(facet['description'])),
      sourceCodeLocation: reader.read(facets, 'sourceCodeLocation', (facet) =>
        some(facet, ['type', 'url', 'repoUrl', 'path', 'version', 'tag', 'branch']),
      ),
    }),
  };
}

function typeOf(facet: JsonObject): string | undefined {
  const integration = textOf(facet['integration'])?.trim();
  if (!integration) return undefined;
  const type = textOf(facet['jobType'])?.trim();
  return fittingName(type ? `${integration}/${type}` : integration, LONGEST_TYPE);
}

function scheduleOf(facet: JsonObject): readonly [string, string] | undefined {
  const timetable = objectOf(objectOf(facet['dag'])?.['timetable']);
  const [expression, timezone] = [textOf(timetable?.['expression']), textOf(timetable?.['timezone'])];
  return expression !== undefined && timezone !== undefined ? [expression.trim(), timezone.trim()] : undefined;
}
