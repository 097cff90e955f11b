import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { JobService } from '../../platform/jobs/job.service.js';
import { SweepService } from '../../platform/jobs/sweep.service.js';
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
    private readonly sweeps: SweepService,
  ) {}

  onModuleInit(): void {
    const { retentionCron } = this.runs.settings;
    this.jobs.register({
      name: QUEUE,
      ...(retentionCron !== null && { cron: retentionCron }),
      pollSeconds: 5,
      // At most one is active among all replicas, and at most one waits.
      options: { policy: 'stately', retryLimit: 0, expireInSeconds: EXPIRES_SECONDS, deleteAfterSeconds: 3600 },
      handle: (_data, signal) => this.handle(signal),
    });
  }

  /**
   * Asks for a run and for the sweeps of other modules, in the caller's transaction; they begin a moment after the commit,
   * on any replica.
   */
  async request(manager: EntityManager): Promise<void> {
    await this.continue(manager);
    await this.sweeps.request(manager);
  }

  private continue(manager: EntityManager): Promise<void> {
    return this.jobs.add(manager, QUEUE, [{ data: {} }]);
  }

  /** If the time was not enough, the next run follows at once. */
  private async handle(signal: AbortSignal): Promise<void> {
    const isComplete = await this.runs.run(signal);
    await this.idle.deleteAll(signal);
    // Where a stopping replica breaks off, the next run of the schedule continues.
    if (!isComplete && !signal.aborted) await this.transactions.run((manager) => this.continue(manager));
  }
}
