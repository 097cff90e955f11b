import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { TransactionRunner } from '../database/transaction-runner.js';
import { KEPT_FOR_MS } from './idempotency-ledger.js';
import { IdempotencyRepository } from './idempotency.repository.js';

const SWEEP_EVERY_MS = 10 * 60_000;
const BATCH = 5000;

/** Deletes answers that nobody is promised any more, in transactions of a bounded size. Replicas share the work. */
@Injectable()
export class IdempotencySweepService implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(IdempotencySweepService.name);
  private timer: NodeJS.Timeout | undefined;
  private isStopped = false;

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly keys: IdempotencyRepository,
  ) {}

  onModuleInit(): void {
    this.timer = setInterval(() => {
      this.sweep().catch((error: unknown) =>
        this.logger.warn(`old Idempotency-Keys were not deleted: ${String(error)}`),
      );
    }, SWEEP_EVERY_MS).unref();
  }

  onModuleDestroy(): void {
    this.isStopped = true;
    clearInterval(this.timer);
  }

  /** Deletes what is older than 24 h; how many answers it were. */
  async sweep(now = new Date()): Promise<number> {
    const before = new Date(now.getTime() - KEPT_FOR_MS);
    for (let total = 0; ;) {
      const deleted = await this.transactions.run((manager) => this.keys.deleteOld(manager, before, BATCH));
      total += deleted;
      if (deleted < BATCH || this.isStopped) return total;
    }
  }
}
