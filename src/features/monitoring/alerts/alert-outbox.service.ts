import { randomUUID } from 'node:crypto';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CONFIG, type Config } from '../../../platform/config/config.js';
import { IncidentEvents, type IncidentsChanged } from '../incidents/incident.events.js';
import { IncidentService } from '../incidents/incident.service.js';
import { JobService } from '../../../platform/jobs/job.service.js';
import { SLACK_NAMES, slackBody, type Told, webhookBody } from './alert-message.js';
import type { AlertEvent, Channel } from './alert.entity.js';
import { AlertRepository } from './alert.repository.js';

/** The most incidents in one message to a webhook; what a check opens beyond that comes as further messages. */
const MAX_INCIDENTS = 1000;

/** The queue that a channel's deliveries wait in: one for each, so that a slow receiver delays no other. */
export function queueOf(channel: Channel): string {
  return `alert-${channel}`;
}

/** Writes alerts, and the jobs that deliver them, in the transaction of their incidents: there is none without the other. */
@Injectable()
export class AlertOutboxService implements OnModuleInit {
  constructor(
    private readonly alerts: AlertRepository,
    private readonly incidents: IncidentService,
    private readonly events: IncidentEvents,
    private readonly jobs: JobService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'slackWebhookUrl' | 'alertWebhookUrl'>,
  ) {}

  onModuleInit(): void {
    this.events.listen((manager, changed) => this.write(manager, changed));
  }

  /** One message a channel for all that was opened, or resolved, at once. */
  private async write(manager: EntityManager, changed: IncidentsChanged): Promise<void> {
    const { change: event, incidentIds, at: now } = changed;
    if (this.config.slackWebhookUrl !== undefined) {
      const named = await this.told(manager, event, incidentIds.slice(0, SLACK_NAMES), now);
      const told = { ...named, count: incidentIds.length };
      await this.add(manager, 'slack', told, incidentIds, slackBody(told));
    }
    if (this.config.alertWebhookUrl === undefined) return;
    for (let from = 0; from < incidentIds.length; from += MAX_INCIDENTS) {
      const ids = incidentIds.slice(from, from + MAX_INCIDENTS);
      const told = await this.told(manager, event, ids, now);
      await this.add(manager, 'webhook', told, ids, webhookBody(told));
    }
  }

  private async told(manager: EntityManager, event: AlertEvent, ids: readonly number[], at: Date): Promise<Told> {
    const incidents = await this.incidents.findByIds(manager, ids);
    return { deliveryId: randomUUID(), event, count: ids.length, incidents, at };
  }

  private async add(
    manager: EntityManager,
    channel: Channel,
    { at, deliveryId, event }: Told,
    incidentIds: readonly number[],
    body: string,
  ): Promise<void> {
    const alert = { deliveryId, channel, event, incidentIds: [...incidentIds], body, createdAt: at };
    const id = await this.alerts.insert(manager, alert);
    await this.jobs.add(manager, queueOf(channel), [{ data: { alert_id: id } }]);
  }
}
