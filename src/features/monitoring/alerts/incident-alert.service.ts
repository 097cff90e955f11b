import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type ChangedIncident, IncidentEvents, type ResolvedIncident } from '../incidents/incident.events.js';
import { IncidentService } from '../incidents/incident.service.js';
import { AlertOutboxService } from './alert-outbox.service.js';
import { AlertRepository } from './alert.repository.js';
import type { AlertEvent } from './message/message.js';
import { AlertRoutesService } from './route/alert-routes.service.js';

/** Listens to incident events and writes messages about incidents that are not muted, in the same transaction. */
@Injectable()
export class IncidentAlertService implements OnModuleInit {
  constructor(
    private readonly events: IncidentEvents,
    private readonly incidents: IncidentService,
    private readonly alerts: AlertRepository,
    private readonly routes: AlertRoutesService,
    private readonly outbox: AlertOutboxService,
  ) {}

  onModuleInit(): void {
    this.events.opened.listen((manager, opened) => this.write(manager, 'opened', opened));
    this.events.repeated.listen((manager, repeated) => this.write(manager, 'reminder', repeated));
    this.events.escalated.listen((manager, escalated) => this.write(manager, 'escalated', escalated));
    this.events.resolved.listen((manager, resolved) => this.write(manager, 'resolved', resolved));
  }

  /**
   * Writes no message about a muted incident, and none about the end of an incident whose opening was not reported,
   * unless it was too short for that.
   */
  private async write(
    manager: EntityManager,
    event: AlertEvent,
    changed: readonly (ChangedIncident & Partial<ResolvedIncident>)[],
  ): Promise<void> {
    const [first] = changed;
    if (!first) return;
    const now = first.at;
    const ids = changed.map(({ incidentId }) => incidentId);
    const short = new Set(changed.filter(({ wasShort }) => wasShort).map(({ incidentId }) => incidentId));
    const found = await this.alerts.subjectsOf(manager, ids, this.routes.metadata);
    const due = found.filter(
      ({ id, mutedUntil, notifiedAt }) =>
        (mutedUntil === null || mutedUntil <= now) && (event !== 'resolved' || notifiedAt !== null || short.has(id)),
    );
    if (due.length === 0) return;
    const dueIds = due.map(({ id }) => id);
    await this.incidents.noteNotified(manager, dueIds, now);
    await this.outbox.write(manager, event, due, now);
  }
}
