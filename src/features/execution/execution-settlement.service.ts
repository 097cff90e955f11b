import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlStateOf, SqlState } from '../../platform/database/database-errors.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { ExecutionSettlementRepository } from './execution-settlement.repository.js';

/** Executions written per transaction; limits how long an end of one of them may have to wait. */
const BATCH = 1000;
/** Interval between checks for a backfill that has become due or that another replica has left unfinished. */
const LOOK_AGAIN_MS = 60_000;

/** The outcome of a batch: more to do now, more to do later, or finished. */
export type Progress = 'more' | 'later' | 'done';

/**
 * Fills in `status`, `duration_seconds`, `throughput` and `date_recorded` of executions written by an older version of
 * the service. The first pass covers the rows from before these columns, newest first; the second covers executions
 * that replicas of the older version ended during the upgrade. The columns are for SQL users; the service itself does
 * not depend on them (see `statusOf`).
 *
 * Works in small transactions with pauses of equal length, on one replica at a time, and resumes where the last one
 * stopped.
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
    // The table may be missing where migrations are run separately.
    const isEarly = sqlStateOf(error) === SqlState.undefinedTable;
    if (!isEarly && !this.stopping.signal.aborted) {
      this.logger.warn(`could not fill in execution columns: ${String(error)}`);
    }
    return 'later';
  }
}
