import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { JobService } from '../../platform/jobs/job.service.js';
import { AlertRepository } from './alerts/alert.repository.js';
import { IncidentRepository } from './incidents/incident.repository.js';

const DAY_MS = 86_400_000;
const ALERT_DAYS = 30;
const POLL_SECONDS = 30;
/** A sweep that takes longer counts as dead; the next one continues where it stopped. */
const EXPIRES_SECONDS = 300;
const BATCH = 1000;

/** Deletes the old ones among the next rows after an id; the last of these rows, undefined if no old ones follow. */
type DeleteOld = (manager: EntityManager, afterId: number, before: Date, most: number) => Promise<number | undefined>;

/** Deletes resolved incidents and sent alerts that are too old, by `WATCHER_RETENTION_CRON`. */
@Injectable()
export class MonitoringSweepService implements OnModuleInit {
  constructor(
    private readonly jobs: JobService,
    private readonly transactions: TransactionRunner,
    private readonly incidents: IncidentRepository,
    private readonly alerts: AlertRepository,
    @Inject(CONFIG) private readonly config: Pick<Config, 'retentionCron' | 'retentionIncidentDays'>,
  ) {}

  onModuleInit(): void {
    if (this.config.retentionCron === null) return;
    this.jobs.register({
      name: 'monitoring-sweep',
      cron: this.config.retentionCron,
      pollSeconds: POLL_SECONDS,
      options: { policy: 'exclusive', retryLimit: 0, expireInSeconds: EXPIRES_SECONDS, deleteAfterSeconds: 3600 },
      handle: (_data, signal) => this.sweep(signal),
    });
  }

  /** Deletes what is too old now. */
  async sweep(signal: AbortSignal): Promise<void> {
    const daysAgo = (days: number): Date => new Date(Date.now() - days * DAY_MS);
    await this.deleteAll(signal, daysAgo(this.config.retentionIncidentDays), (manager, ...range) =>
      this.incidents.deleteOld(manager, ...range),
    );
    await this.deleteAll(signal, daysAgo(ALERT_DAYS), (manager, ...range) => this.alerts.deleteOld(manager, ...range));
  }

  private async deleteAll(signal: AbortSignal, before: Date, deleteOld: DeleteOld): Promise<void> {
    for (let after: number | undefined = 0; after !== undefined && !signal.aborted;) {
      const afterId: number = after;
      after = await this.transactions.run((manager) => deleteOld(manager, afterId, before, BATCH));
    }
  }
}
