import { Injectable } from '@nestjs/common';
import { completePage } from '../../../platform/http/bounded-list.js';
import type { Page } from '../../../platform/http/page.js';
import { TransactionRunner } from '../../../platform/database/transaction-runner.js';
import type { AlertDto, ListAlertsQuery } from './alert.dto.js';
import { ALERT_LONG_COLUMNS } from './alert.entity.js';
import { toAlertDto } from './alert.mapper.js';
import { AlertRepository } from './alert.repository.js';

/** Reads alerts. */
@Injectable()
export class AlertService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly alerts: AlertRepository,
  ) {}

  async list(query: ListAlertsQuery): Promise<Page<AlertDto>> {
    const page = await this.transactions.read((manager) => this.alerts.list(manager, query));
    return (await completePage(this.transactions, ALERT_LONG_COLUMNS, page)).map(toAlertDto);
  }
}
