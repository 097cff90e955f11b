import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { MetricsService } from '../../platform/observability/metrics.service.js';
import { AlertRepository } from './alerts/alert.repository.js';
import { IncidentRepository } from './incidents/incident.repository.js';

/** What the metrics are told of incidents and alerts, over all replicas. */
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
      help: 'Incidents that are open, by kind, over all replicas; counted up to 100,000 in all.',
      label: 'kind',
      collect: () => transactions.read((manager) => incidents.countOpen(manager)),
    });
    metrics.registerFigure({
      name: 'watcher_unsent_alerts',
      help: 'Alerts that wait for their receiver, and those given up after a day; counted up to 100,000 of each.',
      label: 'status',
      collect: () => transactions.read((manager) => alerts.countUnsent(manager)),
    });
  }
}
