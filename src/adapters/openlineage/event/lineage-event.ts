import type { DatasetField } from '../../../features/lineage/address.entity.js';
import type { Instant } from './event-time.js';

/** Namespace and name of a job. */
export type JobName = readonly [namespace: string, name: string];

/** The kinds of events of a run. */
export const EVENT_TYPES = ['START', 'RUNNING', 'COMPLETE', 'ABORT', 'FAIL', 'OTHER'] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** A dataset by its name. */
export interface DatasetName {
  readonly namespace: string;
  readonly name: string;
}

/** What an event says of a dataset. */
export interface DatasetFacts extends DatasetName {
  readonly rows?: number | undefined;
  readonly bytes?: number | undefined;
  readonly files?: number | undefined;
  /** Its other names, and what kind of names they are. */
  readonly aliases: readonly (DatasetName & { readonly kind: string })[];
  /** Its fields, by its `schema` facet. */
  readonly fields?: readonly DatasetField[] | undefined;
  /** The datasets that it comes from, by its `lineage` facet. */
  readonly sources?: readonly DatasetName[] | undefined;
  /** The same by its `columnLineage` facet. */
  readonly columnSources?: readonly DatasetName[] | undefined;
}

/** Where an output comes from, by a `lineage` facet of the job or the run. */
export interface StatedSources {
  readonly target: DatasetName;
  readonly sources: readonly DatasetName[];
}

/** A run that an event names, with its job. */
export interface NamedRun {
  readonly runId: string;
  readonly job: JobName;
}

/** What an event says of its job. */
export interface JobFacts {
  readonly name: JobName;
  /** `INTEGRATION/TYPE`. */
  readonly type?: string | undefined;
  /** Expression and zone of the schedule. */
  readonly schedule?: readonly [expression: string, timezone: string] | undefined;
  /** What is shown of its facets, by their names there. */
  readonly shown: Readonly<Record<string, unknown>>;
}

/** What every event has. */
interface AnyEvent {
  readonly at: Instant;
  readonly inputs: readonly DatasetFacts[];
  readonly outputs: readonly DatasetFacts[];
  readonly stated: readonly StatedSources[];
  /** The names of the facets that have another shape than they should. */
  readonly skippedFacets: readonly string[];
}

/** What an event says of its run. */
export interface RunFacts {
  readonly attempt?: number | undefined;
  readonly mapIndex?: number | undefined;
  readonly isStreaming?: boolean | undefined;
  readonly nominal?: readonly [start: Instant, end: Instant | null] | undefined;
}

export interface RunEvent extends AnyEvent {
  readonly kind: 'run';
  readonly runId: string;
  readonly type: EventType;
  readonly job: JobFacts;
  /** The name of the producer's integration, for the metrics. */
  readonly integration: string;
  readonly parent: NamedRun | undefined;
  readonly root: NamedRun | undefined;
  readonly facts: RunFacts;
  /** The text of a failure. */
  readonly error: string | undefined;
  readonly shown: Readonly<Record<string, unknown>>;
}

export interface JobEvent extends AnyEvent {
  readonly kind: 'job';
  readonly job: JobFacts;
}

export interface DatasetEvent extends AnyEvent {
  readonly kind: 'dataset';
}

export type LineageEvent = RunEvent | JobEvent | DatasetEvent;
