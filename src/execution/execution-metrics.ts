import { Injectable } from '@nestjs/common';
import type { Counter } from 'prom-client';
import type { EntityManager } from 'typeorm';
import { TransactionRunner } from '../database/transaction-runner.js';
import { MetricsService } from '../observability/metrics.service.js';
import { ExecutionEndedService } from './execution-ended.service.js';
import type { ExecutionEntity } from './execution.entity.js';
import { ExecutionRepository } from './execution.repository.js';

/** What the metrics are told of executions: what has committed, once, however often it was tried and repeated. */
@Injectable()
export class ExecutionMetrics {
  private readonly startedTotal: Counter;
  private readonly endedTotal: Counter<'outcome'>;

  constructor(
    metrics: MetricsService,
    private readonly transactions: TransactionRunner,
    executions: ExecutionRepository,
    ends: ExecutionEndedService,
  ) {
    this.startedTotal = metrics.registerCounter(
      'watcher_executions_started_total',
      'Executions started by this process; repeats of a start are not counted.',
    );
    this.endedTotal = metrics.registerCounter(
      'watcher_executions_ended_total',
      'Executions ended by this process, by outcome; repeats of an end are not counted.',
      ['outcome'],
    );
    // A series that begins at 0 shows its first increase.
    for (const outcome of ['succeeded', 'failed']) this.endedTotal.inc({ outcome }, 0);
    ends.listen(async (manager, ended) => this.ended(manager, ended));
    metrics.registerFigure({
      name: 'watcher_open_executions',
      help: 'Executions that have started and not ended, over all replicas; counted up to 100,000.',
      collect: () => transactions.read((manager) => executions.countOpen(manager)),
    });
  }

  /** Part of the transaction that starts them. */
  started(manager: EntityManager, count: number): void {
    this.transactions.afterCommit(manager, () => this.startedTotal.inc(count));
  }

  /** Part of the transaction that ends them. */
  private ended(manager: EntityManager, ended: readonly ExecutionEntity[]): void {
    this.transactions.afterCommit(manager, () => {
      for (const { completedSuccessfully } of ended) {
        this.endedTotal.inc({ outcome: completedSuccessfully ? 'succeeded' : 'failed' });
      }
    });
  }
}
