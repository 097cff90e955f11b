import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CONFIG, type Config } from '../../../platform/config/config.js';
import { newsOf } from './failure-rules.js';
import type { FailureIncident } from './failure.repository.js';
import { IncidentEvents } from './incident.events.js';

/** Tells of failures, in the transaction that opened, joined or resolved their incidents. */
@Injectable()
export class FailureNewsService {
  constructor(
    private readonly events: IncidentEvents,
    @Inject(CONFIG) private readonly config: Pick<Config, 'alertMaxAge'>,
  ) {}

  async resolved(manager: EntityManager, ids: readonly number[], now: Date): Promise<void> {
    await this.events.resolved.emit(
      manager,
      ids.map((incidentId) => ({ incidentId, at: now, wasShort: false })),
    );
  }

  /** Tells of those that are news; see {@link newsOf}. */
  async announce(manager: EntityManager, incidents: readonly FailureIncident[], now: Date): Promise<void> {
    const news = Map.groupBy(incidents, (incident) => newsOf(incident, now, this.config.alertMaxAge));
    for (const event of ['opened', 'repeated'] as const) {
      await this.events[event].emit(
        manager,
        (news.get(event) ?? []).map(({ id }) => ({ incidentId: id, at: now })),
      );
    }
  }
}
