import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlStateOf, SqlState } from '../../platform/database/database-errors.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { ExecutionSettlementRepository } from './execution-settlement.repository.js';

/** How many executions one transaction writes: an end of one of them waits for no more than these. */
const BATCH = 1000;
/** How often is looked for a fill that has become due, or that another replica has left. */
const LOOK_AGAIN_MS = 60_000;

/** What a batch has come to: there is more to do at once, there will be later, or all is done for good. */
export type Progress = 'more' | 'later' | 'done';

/**
 * Writes `status`, `duration_seconds`, `throughput` and `date_recorded` of the executions that an older version of the
 * service has written: those from before the columns, newest first, and in a second pass those that its replicas have
 * ended while they were being replaced. Nothing that the service reads waits for it (see `statusOf`): the columns are for
 * SQL users.
 *
 * In small transactions with pauses as long as they are, on one replica at a time, from where the last one has left off.
 */
@Injectable()
export class ExecutionSettlementService implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(ExecutionSettlementService.name);
  private readonly stopping = new AbortController();

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly executions: ExecutionSettlementRepository,
  ) {}

  onApplicationBootstrap(): void {
    void this.work();
  }

  onModuleDestroy(): void {
    this.stopping.abort();
  }

  /** Settles one batch. */
  settle(now = new Date()): Promise<Progress> {
    return this.transactions.run((manager) => this.settleNext(manager, now));
  }

  private async settleNext(manager: EntityManager, now: Date): Promise<Progress> {
    const fill = await this.executions.lockFill(manager, now);
    if (!fill) return (await this.executions.countFills(manager)) > 0 ? 'later' : 'done';
    const ids = await this.executions.findNext(manager, fill, BATCH);
    if (ids.length > 0) await this.executions.settle(manager, ids);
    const position = ids.length < BATCH ? 0 : Math.min(...ids) - 1;
    await this.executions.moveFill(manager, fill.name, position, now);
    return 'more';
  }

  private async work(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const begun = performance.now();
      const progress = await this.settle().catch((error: unknown) => this.putOff(error));
      if (progress === 'done') return;
      const pause = progress === 'more' ? performance.now() - begun : LOOK_AGAIN_MS;
      await sleep(pause, undefined, { signal: this.stopping.signal, ref: false }).catch(() => undefined);
    }
  }

  private putOff(error: unknown): 'later' {
    // Where others migrate, the table may not be there yet.
    const isEarly = sqlStateOf(error) === SqlState.undefinedTable;
    if (!isEarly && !this.stopping.signal.aborted) {
      this.logger.warn(`columns of executions were not settled: ${String(error)}`);
    }
    return 'later';
  }
}
