import { setTimeout as sleep } from 'node:timers/promises';
import { Client, NoAnswer, type Reply } from './client.js';
import { isPutOff, Ledger, type SentEnd, type SentStart } from './ledger.js';
import type { Random } from './random.js';

const PIPELINES = 8;
/** After the last fault, everything must be answered within this time. */
const SETTLED_WITHIN_MS = 20_000;
const BASE = Date.parse('2026-01-01T00:00:00Z');

export interface Pace {
  readonly workers: number;
  /** The pause between two operations of a worker. */
  readonly pauseMs: number;
  /** By default, clients repeat the requests that may be repeated. */
  readonly isRepeating?: boolean;
}

interface Delivery {
  /** Whether it is repeated until there is an answer. */
  readonly isRepeated?: boolean;
  readonly key?: string | undefined;
  /** Called after an attempt whose effect is unknown. */
  readonly onDoubt?: () => unknown;
}

/**
 * Mixed work of well-behaved clients: registrations, starts (some below earlier ones or below runs that nobody has
 * reported, some with an external id or an Idempotency-Key), heartbeats, ends in every way, and reads. Repeatable requests are repeated until they are answered; the others are sent
 * once.
 */
export class Load {
  readonly ledger = new Ledger();
  private readonly client: Client;
  private readonly pipelines: number[] = [];
  private readonly started: number[] = [];
  private readonly open: { id: number; pipelineId: number }[] = [];
  private readonly syncing = new Set<number>();
  private workers: Promise<void>[] = [];
  private isStopping = false;
  private count = 0;

  constructor(
    url: string,
    private readonly random: Random,
    private readonly pace: Pace = { workers: 16, pauseMs: 10 },
  ) {
    this.client = new Client(url, pace.workers);
  }

  /** Registers the pipelines at the first call; then works until {@link settle}. */
  async run(): Promise<void> {
    this.isStopping = false;
    while (this.pipelines.length < PIPELINES) await this.registerNew();
    this.workers = Array.from({ length: this.pace.workers }, () => this.work());
  }

  /** Begins no new operation, and waits until all operations have their answers. */
  async settle(): Promise<void> {
    this.isStopping = true;
    const patience = new AbortController();
    const tooLate = sleep(SETTLED_WITHIN_MS, true, { signal: patience.signal }).catch(() => false);
    if ((await Promise.race([Promise.all(this.workers), tooLate])) === true) {
      throw new Error(`the load has not settled: ${this.ledger.summary()}`);
    }
    patience.abort();
  }

  close(): void {
    this.client.close();
  }

  private async work(): Promise<void> {
    while (!this.isStopping) {
      const dice = this.random.next();
      if (dice < 0.5) await this.start();
      else if (dice < 0.77) await this.end();
      else if (dice < 0.8) await this.beat();
      else if (dice < 0.88) await this.sync();
      else if (dice < 0.9) await this.registerNew();
      else await this.read();
      await sleep(this.pace.pauseMs * this.random.next() * 2);
    }
  }

  private async start(): Promise<void> {
    const mark = `start ${(this.count += 1)}`;
    const isChild = this.started.length > 0 && this.random.chance(0.6);
    const namedParent = isChild && this.random.chance(0.15) ? `flow ${this.random.below(30)}` : undefined;
    if (namedParent !== undefined) this.ledger.named.add(namedParent);
    const sent: SentStart = {
      pipelineId: this.random.pick(this.pipelines),
      parentId: namedParent === undefined ? (isChild ? this.random.pick(this.started.slice(-200)) : null) : undefined,
      externalId: this.random.chance(0.4) ? `run ${this.count}` : null,
      // One start per moment, in random order: the starts are not reported in the order of their times.
      startDate: new Date(BASE + this.random.below(1000) * 1_000_000 + this.count).toISOString(),
    };
    this.ledger.starts.set(mark, sent);
    // Half of those without an external id have a key that identifies a repeat.
    const key = sent.externalId === null && this.random.chance(0.5) ? mark : undefined;
    const reply = await this.deliver(
      '/start_pipeline_execution',
      {
        pipeline_id: sent.pipelineId,
        parent_id: sent.parentId,
        ...(namedParent !== undefined && {
          parent_external_id: namedParent,
          parent_pipeline_id: this.pipelines[0],
        }),
        external_id: sent.externalId,
        start_date: sent.startDate,
        next_watermark: this.random.chance(0.9) ? mark : undefined,
        execution_metadata: { mark },
      },
      { isRepeated: sent.externalId !== null || key !== undefined, key },
    );
    if (!reply) return;
    const id = reply.body.id as number;
    sent.id = id;
    this.started.push(id);
    this.open.push({ id, pipelineId: sent.pipelineId });
  }

  private async end(): Promise<void> {
    const [execution] = this.open.splice(this.random.below(this.open.length), 1);
    if (!execution) return;
    const status = this.random.chance(0.7) ? 'succeeded' : this.random.pick(['failed', 'aborted', 'skipped'] as const);
    const sent: SentEnd = { status, inserts: this.random.below(5) };
    this.ledger.ends.set(execution.id, sent);
    const body = { id: execution.id, status, inserts: sent.inserts };
    const reply = await this.deliver('/end_pipeline_execution', body, { isRepeated: true });
    if (reply) sent.endDate = reply.body.end_date as string;
  }

  /** Reports that some open executions are alive; others may end them meanwhile. */
  private async beat(): Promise<void> {
    const ids = this.open.slice(-20).map(({ id }) => id);
    await this.deliver('/heartbeat', { ids }, {});
  }

  /** Reports the source's progress for a known pipeline; one at a time for each, so that there is a last one. */
  private async sync(): Promise<void> {
    const id = this.random.pick(this.pipelines);
    const name = [...this.ledger.registered].find(([, registered]) => registered === id)?.[0];
    if (this.syncing.has(id) || name === undefined) return;
    this.syncing.add(id);
    const sent = this.ledger.watermarks.get(id) ?? { acknowledged: null, open: new Set() };
    this.ledger.watermarks.set(id, sent);
    const watermark = `source ${(this.count += 1)}`;
    const body = { name, pipeline_type_name: 'faults', next_watermark: watermark };
    const onDoubt = (): unknown => sent.open.add(watermark);
    const reply = await this.deliver('/pipeline', body, { isRepeated: true, onDoubt });
    if (reply) sent.acknowledged = watermark;
    this.syncing.delete(id);
  }

  private async registerNew(): Promise<void> {
    const name = `Pipeline ${(this.count += 1)}`;
    this.ledger.registered.set(name, null);
    const reply = await this.deliver('/pipeline', { name, pipeline_type_name: 'faults' }, { isRepeated: true });
    if (!reply) return;
    this.ledger.registered.set(name, reply.body.id as number);
    if (this.pipelines.length < PIPELINES) this.pipelines.push(reply.body.id as number);
  }

  /** Acknowledged data can be read. */
  private async read(): Promise<void> {
    if (this.started.length === 0) return;
    const path = `/pipeline_execution/${this.random.pick(this.started.slice(-200))}`;
    await this.deliver(path, undefined, {});
  }

  /** Sends until there is a good answer, or just once; returns undefined without one. */
  private async deliver(
    path: string,
    body: unknown,
    { isRepeated, key, onDoubt }: Delivery,
  ): Promise<Reply | undefined> {
    for (;;) {
      try {
        const headers = key === undefined ? undefined : { 'idempotency-key': key };
        const reply = await (body === undefined ? this.client.get(path) : this.client.post(path, body, headers));
        this.ledger.noteAnswer(path, body, reply);
        if (reply.status < 300) return reply;
        if (!isPutOff(reply)) return undefined;
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
        this.ledger.noteSilence(path, body, error);
      }
      onDoubt?.();
      await sleep(50 + this.random.below(100));
      if (!isRepeated || this.pace.isRepeating === false) return undefined;
    }
  }
}
