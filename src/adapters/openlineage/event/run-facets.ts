import { parseInstant } from './event-time.js';
import type { FacetReader } from './facet-reader.js';
import { isObject, type JsonObject, objectOf, objectsOf, storableValue, textOf } from './json.js';
import type { NamedRun, RunEvent, RunFacts } from './lineage-event.js';
import { jobNameOf, runIdOf } from './names.js';

const HIGHEST_ATTEMPT = 32_767;
const HIGHEST_INDEX = 2_147_483_647;
const STREAMING: ReadonlySet<string> = new Set(['STREAMING', 'SERVICE']);
/** The most characters of a text of failure that are kept; the same as for an end. */
const LONGEST_ERROR = 100_000;
const CUT = '\n… (cut)';
/** The most names of failed tests that are shown. */
const MOST_NAMES = 100;
/** A facet that is larger as JSON is not shown. */
const LARGEST_SHOWN = 32_768;

/** The parent and the root that an event names. */
export function namedRuns(reader: FacetReader, facets: JsonObject, runId: string): Pick<RunEvent, 'parent' | 'root'> {
  // Older producers call it parentRun.
  const name = facets['parent'] === undefined ? 'parentRun' : 'parent';
  const parent = reader.read(facets, name, namedRun);
  const facet = objectOf(facets[name]);
  const root = facet && reader.read(facet, 'root', namedRun);
  const isOther = (run: NamedRun | undefined): NamedRun | undefined => (run?.runId === runId ? undefined : run);
  return { parent: isOther(parent), root: isOther(root) };
}

function namedRun(facet: JsonObject): NamedRun | undefined {
  const runId = runIdOf(objectOf(facet['run'])?.['runId']);
  const job = jobNameOf(objectOf(facet['job']));
  return runId !== undefined && job ? { runId, job } : undefined;
}

export function runFacts(reader: FacetReader, facets: JsonObject, jobType: JsonObject | undefined): RunFacts {
  const processing = textOf(jobType?.['processingType'])?.toUpperCase();
  return {
    ...reader.read(facets, 'airflow', attemptFacts),
    ...reader.read(facets, 'airflow_mappedTask', ({ mapIndex }) => indexOf(mapIndex)),
    nominal: reader.read(facets, 'nominalTime', (facet) => {
      const start = parseInstant(facet['nominalStartTime']);
      return start === undefined ? undefined : ([start, parseInstant(facet['nominalEndTime']) ?? null] as const);
    }),
    isStreaming: processing === undefined ? undefined : STREAMING.has(processing),
  };
}

/** A facet without a task instance belongs to a DAG, and says nothing about attempts. */
function attemptFacts(facet: JsonObject): RunFacts | undefined {
  const instance = facet['taskInstance'];
  if (instance === undefined || instance === null) return {};
  if (!isObject(instance)) return undefined;
  const attempt = instance['try_number'];
  const isAttempt = Number.isInteger(attempt) && (attempt as number) >= 1 && (attempt as number) <= HIGHEST_ATTEMPT;
  return {
    ...(isAttempt ? { attempt: attempt as number } : {}),
    ...indexOf(instance['map_index']),
  };
}

function indexOf(index: unknown): { mapIndex: number } | undefined {
  const isIndex = Number.isInteger(index) && (index as number) >= -1 && (index as number) <= HIGHEST_INDEX;
  return isIndex ? { mapIndex: index as number } : undefined;
}

/**
 * The text of a failure: the `errorMessage` facet, else the first facet by name that has a message and a stack trace, as
 * producers have facets of their own for it.
 */
export function errorText(reader: FacetReader, facets: JsonObject): string | undefined {
  const standard = reader.read(facets, 'errorMessage', messageOf);
  if (standard !== undefined) return cut(standard);
  for (const name of Object.keys(facets).toSorted()) {
    const facet = objectOf(facets[name]);
    if (facet && textOf(facet['message']) !== undefined && textOf(facet['stackTrace']) !== undefined) {
      return cut(messageOf(facet) as string);
    }
  }
  return undefined;
}

function messageOf(facet: JsonObject): string | undefined {
  const [message, trace] = [textOf(facet['message']), textOf(facet['stackTrace'])];
  if (message === undefined) return undefined;
  return trace === undefined || trace.trim() === '' ? message : `${message}\n${trace}`;
}

function cut(text: string): string {
  if (text.length <= LONGEST_ERROR) return text;
  return `${text.slice(0, LONGEST_ERROR - CUT.length).toWellFormed()}${CUT}`;
}

/** What is shown of the facets of a run. Facets that may have secrets, such as properties of Spark, are not shown. */
export function shownOfRun(reader: FacetReader, facets: JsonObject): Record<string, unknown> {
  const shown = {
    nominalTime: reader.read(facets, 'nominalTime', (facet) => some(facet, ['nominalStartTime', 'nominalEndTime'])),
    processing_engine: reader.read(facets, 'processing_engine', (facet) => some(facet, ['name', 'version'])),
    tags: reader.read(facets, 'tags', tagsOf),
    externalQuery: reader.read(facets, 'externalQuery', (facet) => some(facet, ['externalQueryId', 'source'])),
    test: reader.read(facets, 'test', testsOf),
    jobDependencies: reader.read(facets, 'jobDependencies', (facet) => some(facet, ['upstream', 'downstream'])),
    airflow: reader.read(facets, 'airflow', airflowOf) ?? reader.read(facets, 'airflowDagRun', airflowOf),
    spark: reader.read(facets, 'spark_applicationDetails', (facet) => some(facet, ['applicationId'])),
  };
  return fitting(shown);
}

/** Those that say something and are not too large. */
export function fitting(shown: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(shown)
      .filter(([, value]) => value !== undefined && JSON.stringify(value).length <= LARGEST_SHOWN)
      .map(([name, value]) => [name, storableValue(value)]),
  );
}

export function tagsOf(facet: JsonObject): unknown {
  return objectsOf(facet['tags'])?.map((tag) => some(tag, ['key', 'value', 'source']));
}

function testsOf(facet: JsonObject): unknown {
  const tests = objectsOf(facet['tests']);
  if (!tests) return undefined;
  const withStatus = (status: string): JsonObject[] => tests.filter((test) => test['status'] === status);
  const failed = withStatus('fail');
  return {
    passed: withStatus('pass').length,
    failed: failed.length,
    skipped: withStatus('skip').length,
    failed_names: failed.flatMap(({ name }) => textOf(name) ?? []).slice(0, MOST_NAMES),
  };
}

function airflowOf(facet: JsonObject): unknown {
  const instance = objectOf(facet['taskInstance']) ?? {};
  return {
    ...some(objectOf(facet['dag']) ?? {}, ['dag_id']),
    ...some(objectOf(facet['dagRun']) ?? {}, ['run_id']),
    ...some(objectOf(facet['task']) ?? {}, ['task_id']),
    ...renamed(instance, { try_number: 'try', map_index: 'map_index', log_url: 'log_url' }),
  };
}

/** Some members of an object, as far as they are there. */
export function some(object: JsonObject, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.filter((name) => object[name] !== undefined).map((name) => [name, object[name]]));
}

function renamed(object: JsonObject, names: Readonly<Record<string, string>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(names).flatMap(([from, to]) => (object[from] === undefined ? [] : [[to, object[from]]])),
  );
}
