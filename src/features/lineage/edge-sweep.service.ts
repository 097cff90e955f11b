import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { JobService } from '../../platform/jobs/job.service.js';
import { LineageRepository } from './lineage.repository.js';

const DAY_MS = 86_400_000;
const SEEN_WITHIN_DAYS = 400;
const POLL_SECONDS = 30;
/** A sweep that takes longer counts as dead; the next one continues where it stopped. */
const EXPIRES_SECONDS = 300;
const BATCH = 1000;

/** Deletes edges that nobody declares and no run has shown for 400 days, by `WATCHER_RETENTION_CRON`. */
@Injectable()
export class EdgeSweepService implements OnModuleInit {
  constructor(
    private readonly jobs: JobService,
    private readonly transactions: TransactionRunner,
    private readonly lineage: LineageRepository,
    @Inject(CONFIG) private readonly config: Pick<Config, 'retentionCron'>,
  ) {}

  onModuleInit(): void {
    if (this.config.retentionCron === null) return;
    this.jobs.register({
      name: 'edge-sweep',
      cron: this.config.retentionCron,
      pollSeconds: POLL_SECONDS,
      options: { policy: 'exclusive', retryLimit: 0, expireInSeconds: EXPIRES_SECONDS, deleteAfterSeconds: 3600 },
      handle: (_data, signal) => this.sweep(signal),
    });
  }

  /** Deletes what is too old now. */
  async sweep(signal: AbortSignal): Promise<void> {
    const before = new Date(Date.now() - SEEN_WITHIN_DAYS * DAY_MS);
    for (let deleted = BATCH; deleted === BATCH && !signal.aborted;) {
      deleted = await this.transactions.run((manager) => this.lineage.deleteUnseen(manager, before, BATCH));
    }
  }
}
