import type { Availability } from './availability.js';
import type { BatchReport, Problem } from '../generated/types.gen.js';
import { plainEnd, type End, reportOf } from './reports.js';
import { MemoryStore, nameOf, type Operation, type Report, type ReportStore } from './store.js';
import { type Transport, WatcherError } from './transport.js';

/** What is sent again by itself when the service is back. */
export class Outbox {
  private draining: Promise<boolean> | undefined;

  constructor(
    private store: ReportStore,
    private readonly spoolLimit: number,
    private readonly transport: Transport,
    private readonly availability: Availability,
    /** Hears the ids of the runs whose starts were sent. */
    private readonly onStarted: (runId: string, id: number) => void,
  ) {}

  /** Whether anything waits. */
  get isEmpty(): boolean {
    return this.store.names().length === 0;
  }

  /** Keeps a report; where that is impossible, says so. */
  keep(runId: string, kind: 'start' | 'end', body: readonly Operation[]): void {
    const report = reportOf(`${runId}-${kind}`, body);
    const name = nameOf(runId, kind);
    try {
      if (!this.store.add(name, report)) this.dropped();
    } catch (error) {
      this.availability.warn(`reports can't be kept on the disk and wait in memory: ${String(error)}`);
      this.store = new MemoryStore(this.spoolLimit);
      if (!this.store.add(name, report)) this.dropped();
    }
  }

  /**
   * Sends what waits, in its order, for at most that long. Resolves to whether nothing waits any more. Never rejects.
   * What is called meanwhile joins in.
   */
  async drain(ms: number): Promise<boolean> {
    if (this.isEmpty) return true;
    this.draining ??= this.sendAll(Date.now() + ms).finally(() => (this.draining = undefined));
    let timer: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise<boolean>((resolve) => (timer = setTimeout(resolve, ms, false)));
    return Promise.race([this.draining, patience]).finally(() => clearTimeout(timer));
  }

  private async sendAll(until: number): Promise<boolean> {
    for (const name of this.store.names()) {
      if (Date.now() >= until) return false;
      const report = this.store.read(name);
      try {
        if (report && !(await this.settle(name, report, until))) return false;
      } catch (error) {
        this.availability.warn(`a report waits that can't be sent: ${String(error)}`);
        return false;
      }
    }
    return true;
  }

  /** Sends one report; false if it has to wait. */
  private async settle(name: string, report: Report, until: number): Promise<boolean> {
    try {
      const { results } = await this.post(report, until);
      this.availability.noteSuccess();
      this.learn(report, results);
      if (results.some(mayBeTakenLater)) return false;
      const refusal = results.find(({ status }) => status >= 400);
      if (refusal) {
        // Where the start was refused, an end has nothing to refer to.
        const isOfEnd = refusal === results.at(-1);
        return await this.refuse(name, report, { results }, refusal.body ?? {}, isOfEnd, until);
      }
      this.store.remove(name);
      return true;
    } catch (error) {
      if (this.availability.isLate(error)) return false;
      if (!(error instanceof WatcherError)) throw error;
      const problem: Partial<Problem> = error.problem ?? { detail: error.message };
      return this.refuse(name, report, problem, problem, true, until);
    }
  }

  private async post({ path, body, idempotency_key: idempotencyKey }: Report, until: number): Promise<BatchReport> {
    try {
      return await this.transport.send<BatchReport>(path, { body, idempotencyKey }, { until, tries: 1 });
    } catch (error) {
      if (!(error instanceof WatcherError) || error.problem?.code !== 'idempotency_key_reused') throw error;
      // The report was first sent as a request of its own, whose answer was lost. Its operations find what they did.
      return this.transport.send<BatchReport>(path, { body }, { until, tries: 1 });
    }
  }

  /**
   * Puts a report away; before, sends the end that it may hold without what may have been refused. False if the service
   * went away meanwhile: then both are sent again.
   */
  private async refuse(
    name: string,
    report: Report,
    answer: unknown,
    problem: Partial<Problem>,
    mayHelp: boolean,
    until: number,
  ): Promise<boolean> {
    const reason = problem.detail ?? 'refused';
    const end = report.body.at(-1);
    if (mayHelp && end?.op === 'end' && problem.code !== 'execution_already_ended') {
      const { op, execution_ref, id, ...rest } = end;
      const plain = { op, execution_ref, id, ...plainEnd(rest as unknown as End, reason, problem) };
      const idempotencyKey = `${report.idempotency_key}-plain`;
      const request = { body: [...report.body.slice(0, -1), plain], idempotencyKey };
      try {
        const { results } = await this.transport.send<BatchReport>(report.path, request, { until, tries: 1 });
        if (results.some(mayBeTakenLater)) return false;
      } catch (error) {
        if (this.availability.isLate(error)) return false;
      }
    }
    this.store.refuse(name, answer);
    this.availability.warn(`the service refused a report that waited (${name}): ${reason}`);
    return true;
  }

  private learn({ body }: Report, results: BatchReport['results']): void {
    for (const [index, { op, external_id: runId }] of body.entries()) {
      const id = results[index]?.body?.['id'];
      if (op === 'start' && typeof runId === 'string' && typeof id === 'number') this.onStarted(runId, id);
    }
  }

  private dropped(): void {
    this.availability.warn(`a report is lost: ${this.spoolLimit} reports wait already (WATCHER_SPOOL_LIMIT)`);
  }
}

function mayBeTakenLater({ status }: BatchReport['results'][number]): boolean {
  return status >= 500 || status === 401 || status === 403;
}
