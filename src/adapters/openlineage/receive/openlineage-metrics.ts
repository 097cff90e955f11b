import { Injectable } from '@nestjs/common';
import type { Counter, Histogram } from 'prom-client';
import type { EntityManager } from 'typeorm';
import { RunIntakeService } from '../../../features/lineage/run-intake.service.js';
import { TransactionRunner } from '../../../platform/database/transaction-runner.js';
import { MetricsService } from '../../../platform/observability/metrics.service.js';
import { toDate } from '../event/event-time.js';
import type { LineageEvent } from '../event/lineage-event.js';
import { typeOf } from '../event/parse-event.js';

/** The integrations that have series of their own; clients may send any name. */
const INTEGRATIONS: ReadonlySet<string> = new Set([
  'AIRFLOW',
  'DAGSTER',
  'DBT',
  'FLINK',
  'HIVE',
  'SPARK',
  'TRINO',
  'UNKNOWN',
]);
const LAG_SECONDS = [1, 5, 15, 60, 300, 900, 3600, 21_600, 86_400];

/** What a batch did beside taking events. */
export interface BatchCounts {
  /** Subtrees that got another parent. */
  readonly moves: number;
  /** Claims of parents that were refused. */
  readonly refused: number;
  /** Runs that ended in two ways. */
  readonly conflicts: number;
}

/** Counts events, once they are committed. */
@Injectable()
export class OpenLineageMetrics {
  private readonly events: Counter<'type' | 'integration' | 'result'>;
  private readonly lag: Histogram;
  private readonly changes: Counter<'change'>;
  private readonly facetsSkipped: Counter<'facet'>;

  constructor(
    metrics: MetricsService,
    private readonly transactions: TransactionRunner,
    lineage: RunIntakeService,
  ) {
    this.events = metrics.registerCounter(
      'watcher_openlineage_events_total',
      'Events of OpenLineage that this process received, by type, integration and result.',
      ['type', 'integration', 'result'],
    );
    this.lag = metrics.registerHistogram(
      'watcher_openlineage_lag_seconds',
      'Seconds from the time of an event to its commit.',
      LAG_SECONDS,
    );
    this.changes = metrics.registerCounter(
      'watcher_openlineage_changes_total',
      'Subtrees moved, claims of parents refused, runs with contradictory ends, and runs with too many edges.',
      ['change'],
    );
    this.facetsSkipped = metrics.registerCounter(
      'watcher_openlineage_facets_skipped_total',
      'Facets of events that were malformed and skipped, by name.',
      ['facet'],
    );
    metrics.registerGauge(
      'watcher_openlineage_cache_hit_ratio',
      'The share of datasets, and of sets of edges, that were known to be written.',
      ['cache'],
      (gauge) => {
        for (const [cache, { hits, misses }] of Object.entries({
          datasets: lineage.datasets,
          edges: lineage.signatures,
        })) {
          gauge.set({ cache }, hits + misses === 0 ? 0 : hits / (hits + misses));
        }
      },
    );
  }

  received(manager: EntityManager, events: readonly LineageEvent[]): void {
    this.transactions.afterCommit(manager, () => {
      for (const event of events) this.count(event);
    });
  }

  refused(): void {
    this.events.inc({ type: 'UNKNOWN', integration: 'UNKNOWN', result: 'refused' });
  }

  /** An event that is too old to be kept. */
  outdated(): void {
    this.events.inc({ type: 'UNKNOWN', integration: 'UNKNOWN', result: 'outdated' });
  }

  changed(manager: EntityManager, { moves, refused, conflicts }: BatchCounts): void {
    this.transactions.afterCommit(manager, () => {
      this.changes.inc({ change: 'moved' }, moves);
      this.changes.inc({ change: 'refused' }, refused);
      this.changes.inc({ change: 'contradictory' }, conflicts);
    });
  }

  /** Runs that connect too many datasets, so that none of their edges are made. */
  truncated(manager: EntityManager, runs: number): void {
    if (runs > 0) this.transactions.afterCommit(manager, () => this.changes.inc({ change: 'truncated' }, runs));
  }

  private count(event: LineageEvent): void {
    const name = event.kind === 'run' ? event.integration.toUpperCase() : 'UNKNOWN';
    this.events.inc({ type: typeOf(event), integration: INTEGRATIONS.has(name) ? name : 'OTHER', result: 'taken' });
    this.lag.observe(Math.max(0, Date.now() - toDate(event.at).getTime()) / 1000);
    for (const facet of event.skippedFacets) this.facetsSkipped.inc({ facet });
  }
}
