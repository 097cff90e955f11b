import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Answer } from '../../../platform/http/answer.js';
import { TransactionRunner } from '../../../platform/database/transaction-runner.js';
import { ExecutionDeadlineService } from '../../execution/execution-deadline.service.js';
import { IdempotencyService } from '../../../platform/idempotency/idempotency.service.js';
import type { CheckReportDto } from './check.dto.js';
import { type Check, CheckRepository, type Findings } from './check.repository.js';
import { FindingEventsService } from './finding-events.service.js';

/** How far back a start may have missed a changed threshold because the two overlapped; starts take far less. */
const OVERLAP_MS = 60 * 60 * 1000;

/**
 * Finds stale pipelines and late executions, opens and resolves their incidents, and publishes the events, all in one
 * transaction, so that a check that dies in the middle changes nothing.
 */
@Injectable()
export class CheckService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly idempotency: IdempotencyService,
    private readonly checks: CheckRepository,
    private readonly deadlines: ExecutionDeadlineService,
    private readonly events: FindingEventsService,
  ) {}

  /** Runs one check as of `now`. */
  run(check: Check, now = new Date()): Promise<Findings> {
    return this.transactions.run((manager) => this.look(manager, check, now));
  }

  /** Runs one check at once, and returns the number of items checked. */
  report(check: Check): Promise<Answer<CheckReportDto>> {
    const now = new Date();
    return this.idempotency.once(async (manager) => {
      const checked = await this.checks.count(manager, check);
      const { opened, resolved } = await this.look(manager, check, now);
      return Answer.found({ status: 'completed', checked, opened: opened.length, resolved: resolved.length });
    });
  }

  private async look(manager: EntityManager, check: Check, now: Date): Promise<Findings> {
    await this.checks.lock(manager, check);
    if (check === 'timeliness') await this.deadlines.settle(manager, new Date(now.getTime() - OVERLAP_MS));
    const findings = await this.checks[check](manager, now);
    await this.events.announce(manager, findings, now);
    return findings;
  }
}
