import type { DatasetName, Datepart } from '../generated/types.gen.js';
import type { RunIdentity } from './identity.js';

/** A time: `[30, 'minute']`. The number is from 1 to 100000. */
export type Threshold = readonly [number: number, datepart: Datepart];

/** A position in the source data. The service keeps and returns it as text; a `Date` is sent in ISO 8601. */
export type WatermarkValue = string | number | bigint | boolean | Date;

/** A dataset: its name, or its namespace and name. */
export type Dataset = string | DatasetName;

/** How much of a dataset a run read or wrote; what is not known is left out. */
export interface Amount {
  readonly rows?: number;
  readonly bytes?: number;
  readonly files?: number;
}

/** A parent that is known by its own id only: the `external_id` of a run of a registered pipeline. */
export interface ParentByExternalId {
  readonly externalId: string;
  readonly pipeline: string;
  readonly namespace?: string;
}

/**
 * The run of a pipeline, and the pipeline's configuration as the code has it. If one option of the configuration is
 * given, from `freshness` to `pipelineMetadata`, all of them are declared, and those left out are cleared. If none is
 * given, the pipeline keeps its configuration.
 */
export interface RunOptions {
  /** The pipeline's name, 1 to 255 characters. It is registered if it is new. Names compare without case. */
  readonly pipeline: string;
  /** The name of its type, such as `extraction`. It is created if it is new. */
  readonly type: string;
  /** Names are unique in a namespace. Default: the empty one. */
  readonly namespace?: string;

  /** How long data may stay unchanged before it is stale. */
  readonly freshness?: Threshold;
  /** The same for a warning, shorter than `freshness`. */
  readonly freshnessWarn?: Threshold;
  /** How long a run may take before it is late. */
  readonly timeliness?: Threshold;
  /** The same for a warning, shorter than `timeliness`. */
  readonly timelinessWarn?: Threshold;
  /** How long a run may send no heartbeat before it is lost. Default: learned. */
  readonly lostAfter?: Threshold;
  /** How long the trees of its runs are kept. Default: that of its type, else of the service. */
  readonly retention?: Threshold;
  /** When a run is expected, as a cron expression. */
  readonly schedule?: string;
  /** The IANA time zone of the schedule. Default: UTC. */
  readonly scheduleTimezone?: string;
  /** How long after its time a run may start before it is missed. */
  readonly startGrace?: Threshold;
  /** Facts about the pipeline, such as its owner. */
  readonly pipelineMetadata?: Readonly<Record<string, unknown>>;

  /**
   * The datasets that the pipeline reads, with `outputs`: its lineage, no part of its configuration. It is declared while
   * the run goes on, where the service asks for it (`load_lineage`).
   */
  readonly inputs?: readonly Dataset[];
  /** The datasets that the pipeline writes. */
  readonly outputs?: readonly Dataset[];

  /** Where the pipeline's next load begins if this run succeeds. {@link Run.nextWatermark} sets it later. */
  readonly nextWatermark?: WatermarkValue;
  /** Whether a pipeline that is new is active. Default: true. It changes no pipeline that exists. */
  readonly active?: boolean;
  /**
   * The run under which this one is: a run, the id of an execution, or a run's own id. `null`: none. Default: the run
   * that surrounds the call, else the one that the environment of the process names (both only in Node).
   */
  readonly parent?: RunIdentity | number | ParentByExternalId | null;
  /** Facts about this run that are known when it starts. */
  readonly executionMetadata?: Readonly<Record<string, unknown>>;
}
