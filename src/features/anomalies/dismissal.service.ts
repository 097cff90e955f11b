import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ExecutionFlagService } from '../execution/execution-flag.service.js';
import { WarningService } from '../monitoring/incidents/warning.service.js';
import { AnomalyNotFoundError } from './anomaly.errors.js';
import { AnomalyRepository } from './anomaly.repository.js';
import { JudgingRepository } from './judging.repository.js';
import type { Metric } from './metric.js';

/** Dismisses anomalies: the run is no longer flagged, and the incident of the runs in a row is over. */
@Injectable()
export class DismissalService {
  constructor(
    private readonly anomalies: AnomalyRepository,
    private readonly judging: JudgingRepository,
    private readonly flags: ExecutionFlagService,
    private readonly warnings: WarningService,
  ) {}

  /** In the caller's transaction; a second dismissal changes nothing. */
  async dismiss(manager: EntityManager, id: number, now: Date): Promise<void> {
    const anomaly = await this.anomalies.lock(manager, id);
    if (!anomaly) throw new AnomalyNotFoundError(id);
    if (anomaly.dismissedAt) return;
    await this.anomalies.dismiss(manager, id, now);
    await this.flags.flag(manager, new Map([[anomaly.executionId, { [anomaly.metric]: false }]]));
    const incidentId = await this.anomalies.detachIncident(manager, anomaly);
    if (incidentId === undefined) return;
    const still = await this.judging.withEpisodes(manager, [incidentId]);
    if (!still.has(incidentId)) await this.warnings.resolve(manager, new Map([[incidentId, 'dismissed']]), now);
  }

  /** Dismisses the anomalies of a run in these metrics. */
  async dismissMetrics(
    manager: EntityManager,
    executionId: number,
    metrics: ReadonlySet<Metric>,
    now: Date,
  ): Promise<void> {
    const flagged = await this.anomalies.findFlagged(manager, executionId);
    for (const [metric, id] of flagged) if (metrics.has(metric)) await this.dismiss(manager, id, now);
  }
}
