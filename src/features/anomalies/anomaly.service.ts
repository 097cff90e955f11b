import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { Answer } from '../../platform/http/answer.js';
import type { Page } from '../../platform/http/page.js';
import { IdempotencyService } from '../../platform/idempotency/idempotency.service.js';
import type { AnomalyDto, ListAnomaliesQuery } from './anomaly.dto.js';
import { AnomalyNotFoundError } from './anomaly.errors.js';
import { toAnomalyDto } from './anomaly.mapper.js';
import { AnomalyRepository } from './anomaly.repository.js';
import { DismissalService } from './dismissal.service.js';

/** Shows anomalies, and dismisses them. */
@Injectable()
export class AnomalyService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly idempotency: IdempotencyService,
    private readonly anomalies: AnomalyRepository,
    private readonly dismissals: DismissalService,
  ) {}

  get(id: number): Promise<AnomalyDto> {
    return this.transactions.read((manager) => this.read(manager, id));
  }

  list(query: ListAnomaliesQuery): Promise<Page<AnomalyDto>> {
    return this.transactions.read(async (manager) => (await this.anomalies.list(manager, query)).map(toAnomalyDto));
  }

  /** A second dismissal changes nothing. */
  dismiss(id: number): Promise<Answer<AnomalyDto>> {
    return this.idempotency.once(async (manager) => {
      await this.dismissals.dismiss(manager, id, new Date());
      return Answer.found(await this.read(manager, id));
    });
  }

  private async read(manager: EntityManager, id: number): Promise<AnomalyDto> {
    const anomaly = await this.anomalies.findById(manager, id);
    if (!anomaly) throw new AnomalyNotFoundError(id);
    return toAnomalyDto(anomaly);
  }
}
