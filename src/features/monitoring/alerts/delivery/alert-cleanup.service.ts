import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { TransactionRunner } from '../../../../platform/database/transaction-runner.js';
import { AlertRepository } from '../alert.repository.js';
import { AlertRoutesService } from '../route/alert-routes.service.js';

/** The reason of an alert whose target is unknown. */
export const GONE = 'its target is not in the configuration any more';

/** Gives up, at the start, the alerts that wait for targets which were taken out of the configuration. */
@Injectable()
export class AlertCleanupService implements OnApplicationBootstrap {
  private readonly logger = new Logger(AlertCleanupService.name);

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly alerts: AlertRepository,
    private readonly routes: AlertRoutesService,
  ) {}

  /** A schema that others migrate may not be there yet: then the next start does it. */
  async onApplicationBootstrap(): Promise<void> {
    const names = this.routes.targets.map(({ name }) => name);
    try {
      const targets = await this.transactions.run((manager) => this.alerts.giveUpWithoutTarget(manager, names, GONE));
      if (targets.length > 0) this.logger.warn({ targets, reason: GONE }, 'alerts given up');
    } catch (error) {
      this.logger.warn({ err: error }, 'alerts without a target were not looked for');
    }
  }
}
