import { setTimeout as sleep } from 'node:timers/promises';
import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlStateOf, SqlState } from '../../platform/database/database-errors.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { type EndedExecution, ExecutionEvents } from '../execution/execution.events.js';
import { IS_SUCCESS, statusOf } from '../execution/execution-status.js';
import { JudgingRepository } from './judging.repository.js';
import { JudgingService } from './judging.service.js';
import { QUEUE_EXECUTIONS } from './judging.sql.js';

/** How often the queue is looked at: the most that a verdict is late, whichever replica got the end. */
const LOOK_EVERY_MS = 2000;
/** The pause after an error. */
const PAUSE_MS = 10_000;
/** While reports come in, how many times as long as a batch took the judging rests after it. */
const REST = 2;

/**
 * Queues successes as they end, and judges them soon after their commit. The end itself writes one row, sent together
 * with its COMMIT, so that it neither waits for the history nor for the verdict.
 */
@Injectable()
export class JudgingQueueService implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(JudgingQueueService.name);
  private readonly stopping = new AbortController();
  private working: Promise<void> | undefined;
  /** How many starts and ends this replica has taken. */
  private reports = 0;

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly executionEvents: ExecutionEvents,
    private readonly judging: JudgingRepository,
    private readonly service: JudgingService,
  ) {}

  onModuleInit(): void {
    this.executionEvents.started.listen(async (_, started) => this.count(started));
    this.executionEvents.ended.listen((manager, ended) => this.queue(manager, ended));
  }

  onApplicationBootstrap(): void {
    this.working = this.work();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.working;
  }

  /** Judges what is queued, in batches. While this replica also takes reports, they have most of the time. */
  async judgeAll(now = new Date()): Promise<void> {
    if (!(await this.transactions.read((manager) => this.judging.isAnyQueued(manager)))) return;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const [begun, reports] = [performance.now(), this.reports];
      if (!(await this.transactions.run((manager) => this.service.judgeNext(manager, now)))) return;
      if (this.reports > reports) await this.sleep(REST * (performance.now() - begun));
    }
  }

  private count(reported: readonly object[]): void {
    this.reports += reported.length;
  }

  private async queue(manager: EntityManager, ended: readonly EndedExecution[]): Promise<void> {
    this.count(ended);
    const successes = ended.filter((execution) => IS_SUCCESS[statusOf(execution)] && !execution.superseded);
    if (successes.length === 0) return;
    const parameters = [successes.map(({ id }) => id), successes.map(({ pipelineId }) => pipelineId)];
    this.transactions.withCommit(manager, () => [QUEUE_EXECUTIONS, parameters]);
  }

  private async work(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const isWell = await this.judgeAll().then(
        () => true,
        (error: unknown) => this.putOff(error),
      );
      await this.sleep(isWell ? LOOK_EVERY_MS : PAUSE_MS);
    }
  }

  private async sleep(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.stopping.signal, ref: false }).catch(() => undefined);
  }

  private putOff(error: unknown): false {
    // The table may be missing where migrations are run separately.
    const isEarly = sqlStateOf(error) === SqlState.undefinedTable;
    if (!isEarly && !this.stopping.signal.aborted) this.logger.warn({ err: error }, 'runs could not be judged');
    return false;
  }
}
