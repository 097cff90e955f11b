import { Injectable, Logger } from '@nestjs/common';
import { TransactionRunner } from '../../../../platform/database/transaction-runner.js';
import { type IncidentImpact, IncidentImpactService } from '../../incidents/incident-impact.service.js';
import type { AlertEntity } from '../alert.entity.js';
import { AlertRepository } from '../alert.repository.js';
import type { AlertEvent } from '../message/message.js';

/** Of how many incidents a message says what they affect. */
const MOST_IMPACTS = 20;
/** Whether a message says what its incidents affect. */
const TELLS_IMPACT: Record<AlertEvent, boolean> = {
  opened: true,
  escalated: true,
  reminder: true,
  resolved: false,
  test: false,
};

/** Finds what the incidents of a message affect: before its first attempt, and the same for all further ones. */
@Injectable()
export class AlertImpactService {
  private readonly logger = new Logger(AlertImpactService.name);

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly alerts: AlertRepository,
    private readonly impacts: IncidentImpactService,
  ) {}

  /** Of the first incidents. Empty if the lineage can't be read: the message does not wait for it. */
  async of({ event, id, impact, incidentIds }: AlertEntity): Promise<readonly IncidentImpact[]> {
    if (impact || !TELLS_IMPACT[event]) return impact ?? [];
    try {
      const found = await this.impacts.find(incidentIds.slice(0, MOST_IMPACTS));
      await this.transactions.run((manager) => this.alerts.keepImpact(manager, id, found));
      return found;
    } catch (error) {
      this.logger.warn({ alert_id: id, err: error }, 'the impact of an alert');
      return [];
    }
  }
}
