import { Injectable } from '@nestjs/common';
import type { Counter } from 'prom-client';
import type { EntityManager } from 'typeorm';
import { TransactionRunner } from '../../../platform/database/transaction-runner.js';
import { MetricsService } from '../../../platform/observability/metrics.service.js';
import type { LineageEvent } from '../event/lineage-event.js';
import { typeOf } from '../event/parse-event.js';

/** Counts events, once they are committed. */
@Injectable()
export class OpenLineageMetrics {
  private readonly events: Counter<'type' | 'integration' | 'result'>;
  private readonly lineageTruncated: Counter;
  private readonly facetsSkipped: Counter<'facet'>;

  constructor(
    metrics: MetricsService,
    private readonly transactions: TransactionRunner,
  ) {
    this.events = metrics.registerCounter(
      'watcher_openlineage_events_total',
      'Events of OpenLineage that this process received, by type, integration and result.',
      ['type', 'integration', 'result'],
    );
    this.lineageTruncated = metrics.registerCounter(
      'watcher_openlineage_lineage_truncated_total',
      'Runs with more than 10,000 pairs of datasets, of which none became edges.',
    );
    this.facetsSkipped = metrics.registerCounter(
      'watcher_openlineage_facets_skipped_total',
      'Facets of events that were malformed and skipped, by name.',
      ['facet'],
    );
  }

  received(manager: EntityManager, events: readonly LineageEvent[]): void {
    this.transactions.afterCommit(manager, () => {
      for (const event of events) {
        const integration = event.kind === 'run' ? event.integration : 'UNKNOWN';
        this.events.inc({ type: typeOf(event), integration, result: 'taken' });
        for (const facet of event.skippedFacets) this.facetsSkipped.inc({ facet });
      }
    });
  }

  /** Runs that connect too many datasets, so that none of their edges are made. */
  truncated(manager: EntityManager, runs: number): void {
    if (runs > 0) this.transactions.afterCommit(manager, () => this.lineageTruncated.inc(runs));
  }

  refused(): void {
    this.events.inc({ type: 'UNKNOWN', integration: 'UNKNOWN', result: 'refused' });
  }
}
