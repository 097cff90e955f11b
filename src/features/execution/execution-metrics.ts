import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Counter } from 'prom-client';
import type { EntityManager } from 'typeorm';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { MetricsService } from '../../platform/observability/metrics.service.js';
import { type EndedExecution, ExecutionEvents } from './execution.events.js';
import { ExecutionRepository } from './execution.repository.js';
import { ExpectedExecutionRepository } from './expected-execution.repository.js';
import { statusOf, TERMINAL_STATUSES } from './execution-status.js';

/** Counts each committed start and end once, regardless of retries and repeats. */
@Injectable()
export class ExecutionMetrics implements OnModuleInit {
  private readonly startedTotal: Counter;
  private readonly endedTotal: Counter<'outcome'>;

  constructor(
    private readonly metrics: MetricsService,
    private readonly transactions: TransactionRunner,
    private readonly executions: ExecutionRepository,
    private readonly expected: ExpectedExecutionRepository,
    private readonly events: ExecutionEvents,
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
    // Starting each series at 0 makes its first increase visible.
    for (const outcome of TERMINAL_STATUSES) this.endedTotal.inc({ outcome }, 0);
  }

  onModuleInit(): void {
    this.events.started.listen(async (manager, started) => this.started(manager, started.length));
    this.events.ended.listen(async (manager, ended) => this.ended(manager, ended));
    this.metrics.registerFigure({
      name: 'watcher_open_executions',
      help: 'Executions that have started and not ended, over all replicas; counted up to 100,000.',
      collect: () => this.transactions.read((manager) => this.executions.countOpen(manager)),
    });
    this.metrics.registerFigure({
      name: 'watcher_expected_executions',
      help: 'Executions that were named and whose start was not reported yet, over all replicas; counted up to 100,000.',
      collect: () => this.transactions.read((manager) => this.expected.count(manager)),
    });
  }

  private started(manager: EntityManager, count: number): void {
    this.transactions.afterCommit(manager, () => this.startedTotal.inc(count));
  }

  private ended(manager: EntityManager, ended: readonly EndedExecution[]): void {
    this.transactions.afterCommit(manager, () => {
      for (const execution of ended) this.endedTotal.inc({ outcome: statusOf(execution) });
    });
  }
}
