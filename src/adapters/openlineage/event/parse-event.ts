import { type FieldError, InvalidRequestError } from '../../../platform/errors/domain-error.js';
import { datasetFacts, statedSources } from './dataset-facets.js';
import { type Instant, instantAt, parseInstant } from './event-time.js';
import { FacetReader } from './facet-reader.js';
import { jobFacts } from './job-facets.js';
import { isDeeperThan, isObject, type JsonObject } from './json.js';
import {
  type DatasetFacts,
  EVENT_TYPES,
  type EventType,
  type JobEvent,
  type JobName,
  type LineageEvent,
  type RunEvent,
} from './lineage-event.js';
import { jobNameOf, runIdOf } from './names.js';
import { errorText, namedRuns, runFacts, shownOfRun } from './run-facets.js';

const MOST_NESTED = 100;
/** The most datasets of an event, of its inputs and of its outputs. */
const MOST_DATASETS = 1000;
/** How far ahead of the service's clock the time of an event may be. */
const AHEAD_MS = 24 * 60 * 60_000;

/**
 * Reads an event. Its facets may have any shape: one that is malformed is skipped.
 * @throws InvalidRequestError `not_an_event`, or for a field that the event cannot do without
 */
export function parseEvent(body: unknown, now: Date): LineageEvent {
  if (!isObject(body)) throw notAnEvent();
  if (isDeeperThan(body, MOST_NESTED)) throw invalid('body', `must not be nested more than ${MOST_NESTED} times`);
  const isRun = isObject(body['run']);
  const isJob = isObject(body['job']);
  if (!isRun && !isJob && !isObject(body['dataset'])) throw notAnEvent();
  const at = eventTime(body['eventTime'], now);
  const reader = new FacetReader();
  if (isRun) return runEvent(body, at, reader);
  return isJob ? jobEvent(body, at, reader) : datasetEvent(body, at, reader);
}

function runEvent(body: JsonObject, at: Instant, reader: FacetReader): RunEvent {
  const run = body['run'] as JsonObject;
  const runId = runIdOf(run['runId']);
  if (runId === undefined) throw invalid('run.runId', 'must be a UUID');
  const facets = reader.facets(run['facets'], 'run');
  const type = typeof body['eventType'] === 'string' ? body['eventType'].trim().toUpperCase() : '';
  const known = EVENT_TYPES.find((one) => one === type);
  const job = requiredJob(body, reader, facets);
  return {
    kind: 'run',
    at,
    runId,
    type: known ?? 'OTHER',
    ...job,
    ...namedRuns(reader, facets, runId),
    facts: runFacts(reader, facets, objectFacet(body, 'jobType')),
    error: known === 'FAIL' ? errorText(reader, facets) : undefined,
    shown: shownOfRun(reader, facets),
    ...datasets(body, reader, facets),
    skippedFacets: reader.skipped,
  };
}

function jobEvent(body: JsonObject, at: Instant, reader: FacetReader): JobEvent {
  const { job } = requiredJob(body, reader, {});
  return { kind: 'job', at, job, ...datasets(body, reader, {}), skippedFacets: reader.skipped };
}

function datasetEvent(body: JsonObject, at: Instant, reader: FacetReader): LineageEvent {
  const facts = datasetFacts(reader, body['dataset']);
  if (!facts) throw invalid('dataset', 'must have a namespace and a name');
  return { kind: 'dataset', at, inputs: [facts], outputs: [], stated: [], skippedFacets: reader.skipped };
}

function requiredJob(
  body: JsonObject,
  reader: FacetReader,
  runFacets: JsonObject,
): Pick<RunEvent, 'job' | 'integration'> {
  const job = isObject(body['job']) ? body['job'] : {};
  for (const field of ['namespace', 'name'] as const) {
    const value = job[field];
    if (typeof value !== 'string' || value.trim() === '')
      throw invalid(`job.${field}`, 'must be a text that is not empty');
    if (value.includes('\0')) throw invalid(`job.${field}`, 'must not contain the character NUL');
  }
  const name = jobNameOf(job) as JobName;
  const facts = jobFacts(reader, name, reader.facets(job['facets'], 'job'), runFacets);
  return { job: facts, integration: facts.type?.split('/')[0] ?? 'UNKNOWN' };
}

function datasets(
  body: JsonObject,
  reader: FacetReader,
  runFacets: JsonObject,
): Pick<RunEvent, 'inputs' | 'outputs' | 'stated'> {
  const all = (side: 'inputs' | 'outputs'): DatasetFacts[] => {
    const list: unknown = body[side];
    if (!Array.isArray(list)) return [];
    if (list.length > MOST_DATASETS) throw invalid(side, `must have at most ${MOST_DATASETS} datasets`);
    return list.flatMap((dataset) => datasetFacts(reader, dataset) ?? []);
  };
  const job = isObject(body['job']) ? reader.facets(body['job']['facets'], 'job') : {};
  return {
    inputs: all('inputs'),
    outputs: all('outputs'),
    stated: [...statedSources(reader, job['lineage']), ...statedSources(reader, runFacets['lineage'])],
  };
}

function objectFacet(body: JsonObject, name: string): JsonObject | undefined {
  const job = isObject(body['job']) ? body['job'] : {};
  const facet = isObject(job['facets']) ? job['facets'][name] : undefined;
  return isObject(facet) ? facet : undefined;
}

function eventTime(value: unknown, now: Date): Instant {
  const at = parseInstant(value);
  const latest = instantAt(now.getTime() + AHEAD_MS) as Instant;
  if (at === undefined) throw invalid('eventTime', 'must be an ISO 8601 time from 1970 on');
  if (at > latest) throw invalid('eventTime', 'must not be more than 24 hours ahead');
  return at;
}

function notAnEvent(): InvalidRequestError {
  const message = 'must be an event: a JSON object with run, job or dataset';
  return new InvalidRequestError([{ field: 'body', message }], 'not_an_event');
}

function invalid(field: string, message: string): InvalidRequestError {
  return new InvalidRequestError([{ field, message } satisfies FieldError]);
}

/** For the metrics. */
export function typeOf(event: LineageEvent): EventType | 'JOB' | 'DATASET' {
  return event.kind === 'run' ? event.type : event.kind === 'job' ? 'JOB' : 'DATASET';
}
