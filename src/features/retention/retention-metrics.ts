import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Counter } from 'prom-client';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { MetricsService } from '../../platform/observability/metrics.service.js';
import { RetentionRepository, type RetentionRun } from './retention.repository.js';

const MS = 1000;

/** Reports deletions by age to the metrics: what this process has deleted, and the last run of any. */
@Injectable()
export class RetentionMetrics implements OnModuleInit {
  private readonly trees: Counter;
  private readonly executions: Counter;

  constructor(
    private readonly metrics: MetricsService,
    private readonly transactions: TransactionRunner,
    private readonly retention: RetentionRepository,
  ) {
    this.trees = metrics.registerCounter(
      'watcher_retention_trees_deleted_total',
      'Trees that this process has deleted because of their age.',
    );
    this.executions = metrics.registerCounter(
      'watcher_retention_executions_deleted_total',
      'Executions that this process has deleted because of their age.',
    );
  }

  onModuleInit(): void {
    this.metrics.registerFigure({
      name: 'watcher_retention_run',
      help: 'The last run of the deletion by age, over all replicas. Times are Unix times in seconds; 0: never. seconds: how long it took; backlog: old trees left at its end, up to 100,000.',
      label: 'figure',
      collect: () => this.transactions.read(async (manager) => figuresOf(await this.retention.findRun(manager))),
    });
    this.metrics.registerFigure({
      name: 'watcher_oldest_execution_seconds',
      help: 'The age of the oldest root execution by its start; 0 if there is none.',
      collect: () =>
        this.transactions.read(async (manager) => {
          const oldest = await this.retention.oldestStart(manager);
          return oldest === null ? 0 : (Date.now() - oldest.getTime()) / MS;
        }),
    });
  }

  /** Counts committed deletions. */
  count(trees: number, executions: number): void {
    this.trees.inc(trees);
    this.executions.inc(executions);
  }
}

function figuresOf(run: RetentionRun | undefined): Record<string, number> {
  const seconds = (at: Date | null | undefined): number => (at?.getTime() ?? 0) / MS;
  return {
    started: seconds(run?.startedAt),
    succeeded: seconds(run?.succeededAt),
    seconds: run?.endedAt ? (run.endedAt.getTime() - run.startedAt.getTime()) / MS : 0,
    backlog: run?.backlog ?? 0,
  };
}
