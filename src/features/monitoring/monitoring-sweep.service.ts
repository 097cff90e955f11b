import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { SweepService } from '../../platform/jobs/sweep.service.js';
import { AlertRepository } from './alerts/alert.repository.js';
import { IncidentRepository } from './incidents/incident.repository.js';

const DAY_MS = 86_400_000;
const ALERT_DAYS = 30;
const BATCH = 1000;

/** Deletes the old ones among the next rows after an id; the last of these rows, undefined if no old ones follow. */
type DeleteOld = (manager: EntityManager, afterId: number, before: Date, most: number) => Promise<number | undefined>;

/** Deletes resolved incidents and sent alerts that are too old. */
@Injectable()
export class MonitoringSweepService implements OnModuleInit {
  constructor(
    private readonly sweeps: SweepService,
    private readonly transactions: TransactionRunner,
    private readonly incidents: IncidentRepository,
    private readonly alerts: AlertRepository,
    @Inject(CONFIG) private readonly config: Pick<Config, 'retentionIncidentDays'>,
  ) {}

  onModuleInit(): void {
    this.sweeps.register('monitoring-sweep', (signal) => this.sweep(signal));
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
