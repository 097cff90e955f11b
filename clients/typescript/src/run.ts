/// <reference lib="esnext.disposable" preserve="true" />
import type { Environment } from './environment.js';
import type { ReportedEnd } from '../generated/types.gen.js';
import type { ParentFields, RunIdentity } from './identity.js';
import { UsedDatasets } from './lineage.js';
import type { Amount, Dataset, RunOptions, WatermarkValue } from './options.js';
import { environmentOf } from './parent.js';
import { defined, describeError, type End, frozenEnd, type Start } from './reports.js';

/** What a run needs of its {@link Watcher}. */
export interface Reporter {
  /** Resolves when the report is sent or kept. Never rejects. */
  reportEnd(run: Run, end: End): Promise<void>;
  environment(): Environment;
  within<T>(run: Run, work: () => T): T;
}

/** What is known of a run when it begins. */
export interface Beginning {
  readonly options: RunOptions;
  readonly runId: string;
  /** What the start said, but for the pipeline. */
  readonly start: Start;
  readonly parent: ParentFields;
  readonly active: boolean;
  readonly watermark: string | null | undefined;
  readonly pipelineId: number | undefined;
  /** Whether the service has refused to hear of the run. */
  readonly isRefused: boolean;
}

/** The last words of a run on how far it is. */
export interface Progress {
  readonly progress?: number;
  readonly message?: string;
}

const NOT_TOLD = 'The run was left without succeed(), fail(), abort() or skip().';

/**
 * A run of a pipeline, from its start to its end. What is set on it is sent with its end.
 *
 * Nothing here throws or rejects because of the service. A run of an inactive pipeline reports nothing.
 */
export class Run implements RunIdentity, AsyncDisposable {
  /** How many rows the run processed. Counts are from 0 to 2^53-1; none by default. */
  totalRows?: number | bigint | undefined;
  /** How many rows it inserted. More than 0 counts as new data for the pipeline's freshness, as in the next two. */
  inserts?: number | bigint | undefined;
  /** How many rows it updated. */
  updates?: number | bigint | undefined;
  /** How many rows it marked as deleted. */
  softDeletes?: number | bigint | undefined;
  /** The pipeline's watermark from this run's success on. Default: that of the options. */
  nextWatermark?: WatermarkValue | undefined;
  /** Facts about the run, merged over those of its start. */
  executionMetadata?: Record<string, unknown> | undefined;

  /** The id that this client made for the run (UUID): its `external_id` at the service. */
  readonly runId: string;
  /** The pipeline's name. */
  readonly pipeline: string;
  /** The pipeline's namespace; the empty text where it has none. */
  readonly namespace: string;
  /** The pipeline's id; undefined where the service has not answered. */
  readonly pipelineId: number | undefined;
  /** False where an operator has switched the pipeline off: then leave the work out. True where that isn't known. */
  readonly active: boolean;
  /**
   * The point from which to load: the `nextWatermark` of the last success. Null where there is none yet. Undefined where
   * the service has not answered, so that it is not known.
   */
  readonly watermark: string | null | undefined;

  /** The parent, in the words of the API; empty for a run that has none. */
  readonly parent: ParentFields;
  /** @internal */
  readonly beginning: Beginning;
  /** What the run reads and writes. @internal */
  readonly used = new UsedDatasets();
  /** Whether the service wants no more heartbeats. @internal */
  isSilent = false;
  private known: number | undefined;
  private said: Progress = {};
  private ending: Promise<void> | undefined;

  /** @internal */
  constructor(
    beginning: Beginning,
    id: number | undefined,
    private readonly reporter: Reporter,
  ) {
    const { options, runId, parent, active, watermark, pipelineId } = beginning;
    this.beginning = beginning;
    this.runId = runId;
    this.pipeline = options.pipeline;
    this.namespace = options.namespace ?? '';
    this.parent = parent;
    this.active = active;
    this.watermark = watermark;
    this.pipelineId = pipelineId;
    this.known = id;
  }

  /** The id of the execution; undefined until the service has answered. */
  get id(): number | undefined {
    return this.known;
  }

  /** Whether the end of the run was told. */
  get isOver(): boolean {
    return this.ending !== undefined;
  }

  /** Ends the run as succeeded, at this moment: its next watermark becomes that of the pipeline. */
  succeed(): void {
    this.finish('succeeded');
  }

  /** Ends the run as failed. The message is the error with its stack and its causes, or the given text. */
  fail(error: unknown): void {
    this.finish('failed', describeError(error));
  }

  /** Ends the run as stopped before its work was done. That is no failure. */
  abort(message?: string): void {
    this.finish('aborted', message);
  }

  /** Ends the run as one that had nothing to do. */
  skip(message?: string): void {
    this.finish('skipped', message);
  }

  /**
   * Says how far the run is; the next heartbeat tells the service. `value` is a number of at least 0 in any unit, such as
   * 0.4. Without a `message` the last one stays.
   */
  progress(value: number, message?: string): void {
    this.said = { ...this.said, progress: value, ...defined({ message }) };
  }

  /** Says that the run reads a dataset. Sent after its end; lost where the service is away then. */
  reads(dataset: Dataset, amount: Amount = {}): void {
    this.used.add('inputs', dataset, amount);
  }

  /** The same for a dataset that the run writes. */
  writes(dataset: Dataset, amount: Amount = {}): void {
    this.used.add('outputs', dataset, amount);
  }

  /** Calls `work` with this run as the one that surrounds it: runs that begin in it are below this one. Only in Node. */
  within<T>(work: () => T): T {
    return this.reporter.within(this, work);
  }

  /**
   * The environment for a process that the run starts, such as `spawn(command, { env: run.environment() })`: runs that
   * begin in that process, with any client of Watcher, are below this one. Contains the environment of this process.
   */
  environment(): Record<string, string> {
    return environmentOf(this, this.reporter.environment());
  }

  /**
   * Ends the run as failed if its end was not told, and waits until the end is sent or kept. `await using` calls it, and
   * does not say whether an error has left its block; so a success must be told.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.finish('failed', NOT_TOLD);
    await this.settled();
  }

  /** When the end that was told is sent or kept. @internal */
  async settled(): Promise<void> {
    await this.ending;
  }

  /** @internal */
  isOf(reporter: Reporter): boolean {
    return this.reporter === reporter;
  }

  /** @internal */
  get lastProgress(): Progress {
    return this.said;
  }

  /** @internal */
  identify(id: number): void {
    this.known ??= id;
  }

  /** The end of the run at this moment. @internal */
  endOf(status: ReportedEnd, message?: string): End {
    const { totalRows, inserts, updates, softDeletes, nextWatermark, executionMetadata } = this;
    return frozenEnd({
      end_date: new Date().toISOString(),
      status,
      ...defined({ total_rows: totalRows, inserts, updates, soft_deletes: softDeletes }),
      ...defined({ next_watermark: nextWatermark, execution_metadata: executionMetadata, error_message: message }),
    });
  }

  /** The first end counts. */
  private finish(status: ReportedEnd, message?: string): void {
    if (this.ending !== undefined) return;
    const isReported = this.active && !this.beginning.isRefused;
    this.ending = isReported ? this.reporter.reportEnd(this, this.endOf(status, message)) : Promise.resolve();
  }
}
