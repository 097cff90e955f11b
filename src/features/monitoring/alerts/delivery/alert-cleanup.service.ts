import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { TransactionRunner } from '../../../../platform/database/transaction-runner.js';
import { AlertRepository } from '../alert.repository.js';
import { AlertRoutesService } from '../route/alert-routes.service.js';

/** The reason recorded for an alert whose target is unknown. */
export const GONE = 'its target is not in the configuration any more';

/** At start, gives up the alerts that wait for targets removed from the configuration. */
@Injectable()
export class AlertCleanupService implements OnApplicationBootstrap {
  private readonly logger = new Logger(AlertCleanupService.name);

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly alerts: AlertRepository,
    private readonly routes: AlertRoutesService,
  ) {}

  /** An externally migrated schema may be incomplete; then the next start does this. */
  async onApplicationBootstrap(): Promise<void> {
    const names = this.routes.targets.map(({ name }) => name);
    try {
      const targets = await this.transactions.run((manager) => this.alerts.giveUpWithoutTarget(manager, names, GONE));
      if (targets.length > 0) this.logger.warn({ targets, reason: GONE }, 'alerts given up');
    } catch (error) {
      this.logger.warn({ err: error }, 'could not give up the alerts without a target');
    }
  }
}
