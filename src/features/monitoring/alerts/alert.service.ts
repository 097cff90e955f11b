import { Injectable } from '@nestjs/common';
import type { Page } from '../../../platform/http/page.js';
import { TransactionRunner } from '../../../platform/database/transaction-runner.js';
import type { AlertDto, ListAlertsQuery } from './alert.dto.js';
import { toAlertDto } from './alert.mapper.js';
import { AlertRepository } from './alert.repository.js';

/** Reads alerts. */
@Injectable()
export class AlertService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly alerts: AlertRepository,
  ) {}

  list(query: ListAlertsQuery): Promise<Page<AlertDto>> {
    return this.transactions.read(async (manager) => (await this.alerts.list(manager, query)).map(toAlertDto));
  }
}
