import { Injectable, type OnModuleInit } from '@nestjs/common';
import { TransactionRunner } from '../database/transaction-runner.js';
import { JobService } from '../jobs/job.service.js';
import { KEPT_FOR_MS } from './idempotency-ledger.js';
import { IdempotencyRepository } from './idempotency.repository.js';

const EVERY_TEN_MINUTES = '*/10 * * * *';
const POLL_SECONDS = 30;
/** A sweep that takes longer counts as dead; the next one continues where it stopped. */
const EXPIRES_SECONDS = 300;
const BATCH = 5000;

/** Deletes answers older than 24 h in a scheduled job, in transactions of a bounded size. */
@Injectable()
export class IdempotencySweepService implements OnModuleInit {
  constructor(
    private readonly jobs: JobService,
    private readonly transactions: TransactionRunner,
    private readonly keys: IdempotencyRepository,
  ) {}

  onModuleInit(): void {
    this.jobs.register({
      name: 'idempotency-sweep',
      cron: EVERY_TEN_MINUTES,
      pollSeconds: POLL_SECONDS,
      options: { policy: 'exclusive', retryLimit: 0, expireInSeconds: EXPIRES_SECONDS, deleteAfterSeconds: 3600 },
      handle: (_data, signal) => this.sweep(signal),
    });
  }

  private async sweep(signal: AbortSignal): Promise<void> {
    const before = new Date(Date.now() - KEPT_FOR_MS);
    for (let deleted = BATCH; deleted === BATCH && !signal.aborted;) {
      deleted = await this.transactions.run((manager) => this.keys.deleteOld(manager, before, BATCH));
    }
  }
}
