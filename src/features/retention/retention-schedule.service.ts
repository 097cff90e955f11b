import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { JobService } from '../../platform/jobs/job.service.js';
import { IdlePipelineService } from './idle-pipeline.service.js';
import { RetentionRunService } from './retention-run.service.js';

const QUEUE = 'retention';
/** A run that takes longer has died with its replica, and the next may begin. */
const EXPIRES_SECONDS = 300;

/** Runs the deletion by age by `WATCHER_RETENTION_CRON` or on request, on one replica at a time. */
@Injectable()
export class RetentionScheduleService implements OnModuleInit {
  constructor(
    private readonly jobs: JobService,
    private readonly transactions: TransactionRunner,
    private readonly runs: RetentionRunService,
    private readonly idle: IdlePipelineService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'retentionCron'>,
  ) {}

  onModuleInit(): void {
    this.jobs.register({
      name: QUEUE,
      ...(this.config.retentionCron !== null && { cron: this.config.retentionCron }),
      pollSeconds: 5,
      // At most one is active among all replicas, and at most one waits.
      options: { policy: 'stately', retryLimit: 0, expireInSeconds: EXPIRES_SECONDS, deleteAfterSeconds: 3600 },
      handle: (_data, signal) => this.handle(signal),
    });
  }

  /** Asks for a run, in the caller's transaction; it begins a moment after the commit, on any replica. */
  request(manager: EntityManager): Promise<void> {
    return this.jobs.add(manager, QUEUE, [{ data: {} }]);
  }

  /** If the time was not enough, the next run follows at once. */
  private async handle(signal: AbortSignal): Promise<void> {
    const isComplete = await this.runs.run(signal);
    await this.idle.deleteAll(signal);
    // Where a stopping replica breaks off, the next run of the schedule continues.
    if (!isComplete && !signal.aborted) await this.transactions.run((manager) => this.request(manager));
  }
}
