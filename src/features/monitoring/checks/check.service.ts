import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Answer } from '../../../platform/http/answer.js';
import { TransactionRunner } from '../../../platform/database/transaction-runner.js';
import { IdempotencyService } from '../../../platform/idempotency/idempotency.service.js';
import type { CheckReportDto } from './check.dto.js';
import { type Check, CheckRepository, type CountedCheck, type Findings } from './check.repository.js';
import { CheckFinderService } from './check-finder.service.js';
import { FindingEventsService } from './finding-events.service.js';

/** The checks that a request runs. A run that vanished or never began is a matter of time as well. */
const REQUESTED: Record<CountedCheck, readonly Check[]> = {
  freshness: ['freshness'],
  timeliness: ['timeliness', 'lost', 'missed'],
};

/**
 * Runs the checks: finds violations, opens and resolves their incidents, and publishes the events, all in one
 * transaction, so that a check that dies in the middle changes nothing.
 */
@Injectable()
export class CheckService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly idempotency: IdempotencyService,
    private readonly checks: CheckRepository,
    private readonly finder: CheckFinderService,
    private readonly events: FindingEventsService,
  ) {}

  /** Runs one check as of `now`. */
  run(check: Check, now = new Date()): Promise<Findings> {
    return this.transactions.run((manager) => this.look(manager, check, now));
  }

  /** Runs the checks of a request at once, and returns the number of items checked. */
  report(requested: CountedCheck): Promise<Answer<CheckReportDto>> {
    const now = new Date();
    return this.idempotency.once(async (manager) => {
      const checked = await this.checks.count(manager, requested);
      let [opened, resolved] = [0, 0];
      for (const check of REQUESTED[requested]) {
        const findings = await this.look(manager, check, now);
        opened += findings.opened.length;
        resolved += findings.resolved.length;
      }
      return Answer.found({ status: 'completed', checked, opened, resolved });
    });
  }

  private async look(manager: EntityManager, check: Check, now: Date): Promise<Findings> {
    const findings = await this.finder.find(manager, check, now);
    await this.events.announce(manager, findings, now);
    return findings;
  }
}
