import { randomUUID } from 'node:crypto';
import { bareEndOf, type CommandReport, endOf, type Json, type Outcome } from './report.js';
import type { RunOptions } from './run-options.js';
import { detailOf, type Reply, Service } from './service.js';
import { Spool } from './spool.js';

/** How long earlier reports may hold up a start or an end. */
const SPOOL_MS = 2000;

/**
 * One execution, from its registration to its end. Whatever goes wrong with its reports, the command matters more:
 * nothing throws, and what could not be sent is kept in the spool.
 */
export class Run {
  private readonly service: Service;
  private readonly spool: Spool;
  private readonly runId = randomUUID();
  private readonly startDate = new Date();
  private watermark: string | undefined;
  /** Undefined until the service has answered the start. */
  private id: number | undefined;
  /** Whether the start was refused, so that nothing more can be reported. */
  private isRefused = false;
  private timer: NodeJS.Timeout | undefined;
  /** The declaration of the lineage under way. */
  private declaring: Promise<void> | undefined;
  /** The heartbeat under way, and its end when the command has ended. */
  private beat = Promise.resolve();
  private readonly lastBeat = new AbortController();

  /** `hurry` ends the requests of the end, whose report is then kept. */
  constructor(
    private readonly options: RunOptions,
    private readonly hurry: AbortSignal,
    private readonly warn: (message: string) => void,
  ) {
    this.service = new Service(options.url, options.key, options.timeoutMs);
    this.spool = new Spool(options.spool, options.url, options.spoolLimit, warn);
  }

  /** Registers the pipeline and starts the execution. Resolves to false if the pipeline is inactive. */
  async start(): Promise<boolean> {
    try {
      const isEmpty = await this.sendWaiting();
      const pipeline = await this.register();
      if (pipeline?.['active'] === false) return false;
      if (pipeline?.['load_lineage'] === true) this.declaring = this.declareLineage(Number(pipeline['id']));
      this.watermark = (pipeline?.['watermark'] as string | null) ?? undefined;
      if (!pipeline) this.isRefused = true;
      else if (isEmpty) await this.sendStart(pipeline['id']);
      else await this.keep('start', this.startOperations());
    } catch (error) {
      this.warn(`${messageOf(error)}; the command runs all the same, and its reports wait`);
      await this.keep('start', this.startOperations());
    }
    return true;
  }

  /** The variables by which what runs inside finds this run; undefined for those that it must not inherit. */
  environment(): Record<string, string | undefined> {
    const { registration, parent } = this.options;
    const { name, namespace } = registration;
    const lineage = [namespace || 'watcher', name].map((part) => part.replaceAll('/', '%2F'));
    return {
      WATCHER_EXECUTION_ID: this.id?.toString(),
      WATCHER_RUN_ID: this.runId,
      WATCHER_PIPELINE: name,
      WATCHER_NAMESPACE: namespace || undefined,
      WATCHER_PARENT_ID: parent['parent_id']?.toString(),
      WATCHER_WATERMARK: this.watermark,
      OPENLINEAGE_PARENT_ID: this.id === undefined ? undefined : [...lineage, openLineageRunId(this.id)].join('/'),
    };
  }

  /** Begins to send heartbeats and, if the service was away, what waits. */
  beginHeartbeats(): void {
    const { heartbeatMs } = this.options;
    if (heartbeatMs === undefined || this.isRefused) return;
    this.timer = setTimeout(() => {
      this.beat = this.heartbeat(this.lastBeat.signal).finally(() => this.timer?.refresh());
    }, heartbeatMs);
  }

  /** Reports the end. Resolves when the report is sent or kept. */
  async end(outcome: Outcome, report: CommandReport): Promise<void> {
    this.stopHeartbeats();
    this.lastBeat.abort();
    await Promise.all([this.beat, this.declaring]);
    if (this.isRefused) return;
    if (report.error !== undefined) this.warn(`the file $WATCHER_REPORT was not all understood: ${report.error}`);
    const end = endOf(outcome, report, this.options.nextWatermark);
    let isEmpty = false;
    try {
      isEmpty = await this.sendWaiting();
      if (isEmpty && this.id !== undefined) return await this.sendEnd(this.id, end, outcome);
    } catch (error) {
      isEmpty = false;
      this.warn(`${messageOf(error)}; the report of the end waits`);
    }
    await this.keep('end', [...this.startOperations(), { op: 'end', execution_ref: 'run', ...end }]);
    // The service is there, and another client has sent this run's start.
    if (isEmpty) await this.sendWaiting();
  }

  /** What would be sent and run. */
  describe(): Json {
    const { url, registration, lineage, parent, nextWatermark, heartbeatMs, spool, command } = this.options;
    return {
      url,
      registration,
      ...(lineage && { lineage }),
      parent,
      ...(nextWatermark !== undefined && { next_watermark: nextWatermark }),
      heartbeat_ms: heartbeatMs ?? null,
      spool,
      command,
    };
  }

  close(): void {
    this.service.close();
  }

  /** Undefined if the service refuses the pipeline even without its configuration. */
  private async register(): Promise<Json | undefined> {
    const { registration } = this.options;
    const reply = await this.service.post('/pipeline', registration, { strict: true, signal: this.hurry });
    if (reply.status < 400) return reply.body;
    this.warn(`the configuration of the pipeline was refused: ${detailOf(reply)}`);
    const bare = await this.service.post('/pipeline', identityOf(registration), { signal: this.hurry });
    if (bare.status < 400) return bare.body;
    this.warn(`the command runs without a report: ${detailOf(bare)}`);
    return undefined;
  }

  /** While the command runs, which does not wait for it. */
  private async declareLineage(pipelineId: number): Promise<void> {
    const { lineage } = this.options;
    if (!lineage) return;
    try {
      const reply = await this.service.put(`/pipeline/${pipelineId}/lineage`, lineage, { signal: this.hurry });
      if (reply.status >= 400) this.warn(`the lineage of the pipeline was refused: ${detailOf(reply)}`);
    } catch (error) {
      this.warn(`the lineage of the pipeline was not declared: ${messageOf(error)}`);
    }
  }

  private async sendStart(pipelineId: unknown): Promise<void> {
    const start = { pipeline_id: pipelineId, external_id: this.runId };
    const full = { ...start, start_date: this.startDate.toISOString(), ...this.options.parent };
    let reply = await this.post('/start_pipeline_execution', full, 'start');
    if (reply.status >= 400) {
      this.warn(`the start was refused: ${detailOf(reply)}; it is sent again without parent and date`);
      const bare = { ...start, execution_metadata: { report_error: detailOf(reply) } };
      reply = await this.post('/start_pipeline_execution', bare, 'bare-start');
    }
    if (reply.status < 400) this.id = Number(reply.body['id']);
    else this.warn(`the command runs without a report: ${detailOf(reply)}`);
    this.isRefused = this.id === undefined;
  }

  private async sendEnd(id: number, end: Json, outcome: Outcome): Promise<void> {
    const reply = await this.post('/end_pipeline_execution', { id, ...end }, 'end');
    if (reply.status < 400) return;
    this.warn(`the end was refused: ${detailOf(reply)}; it is sent again without the counts`);
    const bare = await this.post('/end_pipeline_execution', { id, ...bareEndOf(outcome, detailOf(reply)) }, 'bare-end');
    if (bare.status >= 400) this.warn(`the end was refused: ${detailOf(bare)}`);
  }

  private async heartbeat(signal: AbortSignal): Promise<void> {
    try {
      await this.sendWaiting(signal);
      if (this.id === undefined) return;
      const { status } = await this.service.post('/heartbeat', { id: this.id }, { signal });
      // The execution has been ended by somebody else.
      if (status === 409) this.stopHeartbeats();
    } catch {
      // The next heartbeat or the end tells what matters.
    }
  }

  private stopHeartbeats(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** Sends what waits, this run's start included. Resolves to whether nothing is left. */
  private sendWaiting(signal = this.hurry): Promise<boolean> {
    const enough = AbortSignal.any([signal, AbortSignal.timeout(SPOOL_MS)]);
    return this.spool.send(this.service, enough, (key, [, start]) => {
      if (key === this.keyOf('kept-start')) this.id = start?.body['id'] as number | undefined;
    });
  }

  /**
   * The first two operations of each kept report. They name the pipeline without its configuration, so that a late
   * report undoes no newer one.
   */
  private startOperations(): Json[] {
    const { registration, parent } = this.options;
    const start = { external_id: this.runId, start_date: this.startDate.toISOString(), ...parent };
    return [
      { op: 'register', ref: 'pipeline', ...identityOf(registration) },
      { op: 'start', ref: 'run', pipeline_ref: 'pipeline', ...start },
    ];
  }

  private post(path: string, body: Json, what: string): Promise<Reply> {
    return this.service.post(path, body, { idempotencyKey: this.keyOf(what), signal: this.hurry });
  }

  /**
   * The request that was sent before may have been received although its answer was lost. Its key belongs to its body,
   * so the kept report has another one; the run id and the equal content of the ends make it count once.
   */
  private keep(what: 'start' | 'end', operations: readonly Json[]): Promise<void> {
    return this.spool.keep(`${this.runId}-${what}`, this.keyOf(`kept-${what}`), operations);
  }

  private keyOf(what: string): string {
    return `${this.runId}-${what}`;
  }
}

/** The fields of a registration that declare no configuration. */
function identityOf({ name, namespace, pipeline_type_name }: RunOptions['registration']): Json {
  return { name, ...(namespace && { namespace }), pipeline_type_name };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The `run_id` of an execution: its id as a UUID. */
function openLineageRunId(id: number): string {
  return `00000000-0000-8000-8000-${id.toString(16).padStart(12, '0')}`;
}
