import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { MetricsService } from '../../platform/observability/metrics.service.js';
import { AlertRepository } from './alerts/alert.repository.js';
import { IncidentRepository } from './incidents/incident.repository.js';

/** Reports incidents and alerts, across all replicas, to the metrics. */
@Injectable()
export class MonitoringMetrics {
  constructor(
    metrics: MetricsService,
    transactions: TransactionRunner,
    incidents: IncidentRepository,
    alerts: AlertRepository,
  ) {
    metrics.registerFigure({
      name: 'watcher_open_incidents',
      help: 'Open incidents, by kind, across all replicas; counted up to 100,000 in all.',
      label: 'kind',
      collect: () => transactions.read((manager) => incidents.countOpen(manager)),
    });
    metrics.registerFigure({
      name: 'watcher_unsent_alerts',
      help: 'Alerts that wait for their receiver, and alerts given up after a day; counted up to 100,000 each.',
      label: 'status',
      collect: () => transactions.read((manager) => alerts.countUnsent(manager)),
    });
  }
}
