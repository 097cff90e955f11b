import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { TransactionRunner } from '../database/transaction-runner.js';
import { MetricsService } from '../observability/metrics.service.js';
import { ExecutionEndedService } from './execution-ended.service.js';
import type { ExecutionEntity } from './execution.entity.js';
import { ExecutionRepository } from './execution.repository.js';

/** What the metrics are told of executions: what has committed, once, however often it was tried and repeated. */
@Injectable()
export class ExecutionMetrics {
  constructor(
    private readonly metrics: MetricsService,
    private readonly transactions: TransactionRunner,
    executions: ExecutionRepository,
    ends: ExecutionEndedService,
  ) {
    ends.listen(async (manager, ended) => this.ended(manager, ended));
    metrics.registerFigure({
      name: 'watcher_open_executions',
      help: 'Executions that have started and not ended, over all replicas; counted up to 100,000.',
      collect: () => transactions.read((manager) => executions.countOpen(manager)),
    });
  }

  /** Part of the transaction that starts them. */
  started(manager: EntityManager, count: number): void {
    this.transactions.afterCommit(manager, () => this.metrics.executionsStarted.inc(count));
  }

  /** Part of the transaction that ends them. */
  private ended(manager: EntityManager, ended: readonly ExecutionEntity[]): void {
    this.transactions.afterCommit(manager, () => {
      for (const { completedSuccessfully } of ended) {
        this.metrics.executionsEnded.inc({ outcome: completedSuccessfully ? 'succeeded' : 'failed' });
      }
    });
  }
}
