import { Api } from './api.js';
import { Availability } from './availability.js';
import { DRAIN_MS, Ends } from './ends.js';
import type { Environment } from './environment.js';
import type { RegisteredPipeline, StartedExecution } from '../generated/types.gen.js';
import { declarationOf } from './lineage.js';
import type { RunOptions } from './options.js';
import { Outbox } from './outbox.js';
import { parentOf } from './parent.js';
import type { Platform } from './platform.js';
import { Pulse } from './pulse.js';
import { defined, describeError, type End, frozenStart, keptStart, registrationOf } from './reports.js';
import { type Beginning, Run } from './run.js';
import { type Settings, settingsOf, type WatcherOptions } from './settings.js';
import { type ApiRequest, BUDGET_MS, isError, messageOf, type Patience, Transport, WatcherError } from './transport.js';
import { uuid } from './uuid.js';

/** How long a start tries to reach a service that counts as away. */
const AWAY_START_MS = 1000;

/** Made when they are first needed: the environment may be set after the import. */
interface Parts {
  readonly settings: Settings;
  readonly transport: Transport;
  readonly outbox: Outbox;
  readonly ends: Ends;
  readonly pulse: Pulse;
}

/** Reports to one service: runs, which never break the job that they report, and single requests. */
export class Watcher extends Api {
  private made: Parts | undefined;
  private readonly availability: Availability;

  protected constructor(
    private readonly options: WatcherOptions,
    private readonly platform: Platform,
  ) {
    super();
    this.availability = new Availability(options.warn);
  }

  /**
   * Registers the pipeline, starts a run of it, calls `work` with the run, and ends it: as succeeded, or as failed with
   * the error and its stack if `work` throws. The error is thrown on unchanged. An `AbortError` ends it as aborted.
   *
   * If the pipeline is inactive, `work` is not called, and the result is undefined.
   */
  run<T>(options: RunOptions, work: (run: Run) => T | Promise<T>): Promise<T | undefined>;
  /**
   * Registers the pipeline and starts a run of it, whose end the caller tells: `await using run = await
   * watcher.run(options)`, with `run.succeed()` as the last line of the block. Never rejects.
   */
  run(options: RunOptions): Promise<Run>;
  async run<T>(options: RunOptions, work?: (run: Run) => T | Promise<T>): Promise<Run | T | undefined> {
    const run = await this.begin(options);
    if (work === undefined) return run;
    if (!run.active) return undefined;
    try {
      const result = await run.within(async () => work(run));
      run.succeed();
      return result;
    } catch (error) {
      if (isError(error) && error.name === 'AbortError') run.abort(describeError(error));
      else run.fail(error);
      throw error;
    } finally {
      await run.settled();
    }
  }

  /** A function that does each of its calls as a run: `work` gets the run, then the arguments. See {@link run}. */
  tracked<A extends unknown[], T>(
    options: RunOptions,
    work: (run: Run, ...args: A) => T | Promise<T>,
  ): (...args: A) => Promise<T | undefined> {
    return (...args) => this.run(options, (run) => work(run, ...args));
  }

  /** The run that surrounds the caller. Only in Node. */
  get current(): Run | undefined {
    const run = this.platform.current();
    return run?.isOf(this) ? run : undefined;
  }

  /**
   * Waits until the ends told so far are sent or kept, and tries for 2 seconds to send what waits. Resolves to whether
   * nothing waits any more. Never rejects.
   */
  async flush(): Promise<boolean> {
    const { ends, outbox } = this.parts;
    await ends.flush();
    return outbox.drain(DRAIN_MS);
  }

  override request<T>(path: string, request: ApiRequest = {}): Promise<T> {
    return this.parts.transport.send<T>(path, request, { until: Date.now() + BUDGET_MS });
  }

  /** @internal */
  environment(): Environment {
    return this.platform.environment();
  }

  /** @internal */
  within<T>(run: Run, work: () => T): T {
    return this.platform.within(run, work);
  }

  /** @internal */
  reportEnd(run: Run, end: End): Promise<void> {
    const { ends, pulse } = this.parts;
    pulse.open.delete(run.runId);
    pulse.keepTicking();
    return ends.report(run, end);
  }

  private get parts(): Parts {
    if (this.made) return this.made;
    const { options, platform, availability } = this;
    const warn = (message: string): void => availability.warn(message);
    const settings = settingsOf(options, platform.environment(), platform.spoolLimit, warn);
    const transport = new Transport(settings);
    const learn = (runId: string, id: number): void => pulse.open.get(runId)?.identify(id);
    const outbox = new Outbox(platform.openStore(settings), settings.spoolLimit, transport, availability, learn);
    const ends = new Ends(transport, outbox, availability);
    const pulse = new Pulse(settings, transport, outbox, ends);
    platform.onExit((code) => leave(code, ends, pulse));
    this.made = { settings, transport, outbox, ends, pulse };
    return this.made;
  }

  private async begin(options: RunOptions): Promise<Run> {
    const { transport, outbox, ends } = this.parts;
    const runId = uuid();
    const begun = new Date();
    const until = begun.getTime() + this.startMs;
    if (!outbox.isEmpty) await outbox.drain(Math.min(DRAIN_MS, this.startMs));
    // What waited may have been the start of the parent, whose id is known now.
    const parent = parentOf(options, this.current, this.environment());
    const { nextWatermark, executionMetadata } = options;
    const start = frozenStart({
      external_id: runId,
      start_date: begun.toISOString(),
      ...parent,
      ...defined({ next_watermark: nextWatermark, execution_metadata: executionMetadata }),
    });
    const beginning = { options, runId, parent, start };
    const patience: Patience = { until, ...(this.availability.isAway && { tries: 1 }) };
    let pipeline: RegisteredPipeline | undefined;
    try {
      const registration = { body: registrationOf(options), idempotencyKey: false as const };
      pipeline = genuine(await transport.send<RegisteredPipeline>('/pipeline', registration, patience));
      if (!pipeline.active) {
        this.availability.warn(`the pipeline '${options.pipeline}' is inactive: its run is skipped`);
        return this.opened(beginning, pipeline, undefined);
      }
      const request = { body: { pipeline_id: pipeline.id, ...start }, idempotencyKey: `${runId}-start` };
      const { id } = genuine(await transport.send<StartedExecution>('/start_pipeline_execution', request, patience));
      this.availability.noteSuccess();
      const lineage = pipeline.load_lineage ? declarationOf(options) : undefined;
      if (lineage) ends.tellLineage(`/pipeline/${pipeline.id}/lineage`, lineage, options.pipeline);
      return this.opened(beginning, pipeline, id);
    } catch (error) {
      const isLate = this.availability.isLate(error);
      if (isLate) outbox.keep(runId, 'start', keptStart(options, start));
      else this.availability.warn(`the run of '${options.pipeline}' is not reported: ${messageOf(error)}`);
      return this.opened(beginning, pipeline, undefined, !isLate);
    }
  }

  private opened(
    beginning: Pick<Beginning, 'options' | 'runId' | 'parent' | 'start'>,
    pipeline: RegisteredPipeline | undefined,
    id: number | undefined,
    isRefused = false,
  ): Run {
    const { active = true, watermark, id: pipelineId } = pipeline ?? {};
    const run = new Run({ ...beginning, active, watermark, pipelineId, isRefused }, id, this);
    if (active && !isRefused) this.parts.pulse.open.set(run.runId, run);
    this.parts.pulse.keepTicking();
    return run;
  }

  /** A start waits as long as one request may take; for a service that was away a moment ago, hardly. */
  private get startMs(): number {
    const { timeoutMs } = this.parts.settings;
    return this.availability.isAway ? Math.min(timeoutMs, AWAY_START_MS) : timeoutMs;
  }
}

/** Refuses the answer of something else than Watcher, behind a wrong URL. */
function genuine<T extends { id: number }>(answer: T): T {
  const { id } = Object(answer) as { id?: unknown };
  if (typeof id !== 'number') throw new WatcherError('what answers is not Watcher: check WATCHER_URL', 404);
  return answer;
}

/** The process ends: keeps what has not been sent. Runs still open can't end any more. */
function leave(code: number, ends: Ends, { open }: Pulse): void {
  ends.leave();
  for (const run of open.values()) {
    ends.keep(run, run.endOf('failed', `The process ended with code ${code} before the run did.`));
  }
}
