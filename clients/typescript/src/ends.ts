import type { DeclareLineageRequest, ReportLineageRequest } from '../generated/types.gen.js';
import type { Availability } from './availability.js';
import type { Outbox } from './outbox.js';
import { type End, keptEnd, plainEnd } from './reports.js';
import type { Run } from './run.js';
import { BUDGET_MS, messageOf, problemOf, type Transport } from './transport.js';

/** How long a start and an end try to send what waits before them. */
export const DRAIN_MS = 2000;
/** The most ends that are on their way; those beyond are kept at once. */
const MOST_PENDING = 1000;

/** Ends are sent in the background, one after the other; those that can't be sent are kept. */
export class Ends {
  private readonly pending = new Map<Run, End>();
  private queue: Promise<void> = Promise.resolve();

  constructor(
    private readonly transport: Transport,
    private readonly outbox: Outbox,
    private readonly availability: Availability,
  ) {}

  get isIdle(): boolean {
    return this.pending.size === 0;
  }

  /** Resolves when the end is sent or kept. Never rejects. */
  report(run: Run, end: End): Promise<void> {
    if (this.pending.size >= MOST_PENDING) {
      this.keep(run, end);
      return Promise.resolve();
    }
    this.pending.set(run, end);
    this.queue = this.queue.then(() => this.settle(run, end));
    return this.queue;
  }

  /** Sends once, in the background, what a pipeline or a run reads and writes. It is not kept: no job needs it. */
  tellLineage(path: string, body: DeclareLineageRequest | ReportLineageRequest, pipeline: string): void {
    this.queue = this.queue.then(() => this.putLineage(path, body, pipeline));
  }

  /** Resolves when the ends told so far are sent or kept. */
  flush(): Promise<void> {
    return this.queue;
  }

  /** Keeps what is on its way: the process ends. */
  leave(): void {
    for (const [run, end] of this.pending) this.keep(run, end);
    this.pending.clear();
  }

  keep({ runId, beginning: { options, start } }: Run, end: End): void {
    this.outbox.keep(runId, 'end', keptEnd(options, start, end));
  }

  private async settle(run: Run, end: End): Promise<void> {
    const isSent = await this.send(run, end);
    const report = run.used.report;
    if (isSent && report) await this.putLineage(`/pipeline_execution/${run.id}/lineage`, report, run.pipeline);
    if (!this.pending.delete(run) || isSent) return;
    this.keep(run, end);
    if (!this.availability.hasJustFailed) await this.outbox.drain(DRAIN_MS);
  }

  private async putLineage(
    path: string,
    body: DeclareLineageRequest | ReportLineageRequest,
    pipeline: string,
  ): Promise<void> {
    try {
      await this.transport.send(path, { method: 'PUT', body }, { until: Date.now() + BUDGET_MS, tries: 1 });
    } catch (error) {
      this.availability.warn(`the lineage of '${pipeline}' was not taken: ${messageOf(error)}`);
    }
  }

  /** False where the end has to wait: for the service, or behind what waits already. Never rejects. */
  private async send(run: Run, end: End): Promise<boolean> {
    const { transport, outbox, availability } = this;
    if (availability.isAway || !(await outbox.drain(DRAIN_MS)) || run.id === undefined) return false;
    const patience = { until: Date.now() + BUDGET_MS };
    const post = async (end: End, key: string): Promise<void> => {
      const request = { body: { id: run.id, ...end }, idempotencyKey: `${run.runId}-${key}` };
      await transport.send('/end_pipeline_execution', request, patience);
      availability.noteSuccess();
    };
    try {
      await post(end, 'end');
      return true;
    } catch (error) {
      if (availability.isLate(error)) return false;
      const reason = messageOf(error);
      availability.warn(`the end of the run of '${run.pipeline}' was refused: ${reason}`);
      // Another body needs another key.
      return post(plainEnd(end, reason, problemOf(error)), 'end-plain').then(
        () => true,
        (error: unknown) => !availability.isLate(error),
      );
    }
  }
}
