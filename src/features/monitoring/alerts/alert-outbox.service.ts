import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CONFIG, type Config } from '../../../platform/config/config.js';
import { IncidentService } from '../incidents/incident.service.js';
import { JobService } from '../../../platform/jobs/job.service.js';
import { AlertRepository, type IncidentSubject, type NewAlert } from './alert.repository.js';
import { emailMessage } from './message/email-message.js';
import { type AlertEvent, MAX_NAMED, type Message } from './message/message.js';
import { pagerDutyMessage, pagerDutyTest } from './message/pagerduty-message.js';
import { slackMessage } from './message/slack-message.js';
import { webhookMessage } from './message/webhook-message.js';
import type { Channel, Subject } from './route/alert-route.js';
import { AlertRoutesService, type Dispatch } from './route/alert-routes.service.js';

/** The most incidents in one webhook message; further incidents of a check are sent in further messages. */
const MAX_INCIDENTS = 1000;

/** The fields of a message before its incidents are read. */
type Draft = Pick<Message, 'event' | 'at'> & { readonly incidentIds: readonly number[]; readonly count: number };

/** The queue for the deliveries of a channel. */
export function queueOf(channel: Channel): string {
  return `alert-${channel}`;
}

/**
 * Writes alerts, and the jobs that deliver them, in the transaction of their incidents, so that both commit or neither
 * does.
 */
@Injectable()
export class AlertOutboxService {
  constructor(
    private readonly alerts: AlertRepository,
    private readonly incidents: IncidentService,
    private readonly routes: AlertRoutesService,
    private readonly jobs: JobService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'publicUrl'>,
  ) {}

  /** Writes one message for each target about all incidents opened, or resolved, at once. */
  async write(
    manager: EntityManager,
    event: AlertEvent,
    subjects: readonly IncidentSubject[],
    now: Date,
  ): Promise<void> {
    const alerts: NewAlert[] = [];
    for (const dispatch of this.routes.dispatch(subjects)) {
      alerts.push(...(await this.alertsOf(manager, dispatch, event, now)));
    }
    await this.add(manager, alerts);
  }

  /** Writes a test through the routes of a subject; returns the ids of its alerts. */
  async writeTest(
    manager: EntityManager,
    subject: Subject & { readonly pipelineId: number },
    now: Date,
  ): Promise<number[]> {
    const alerts = this.routes.dispatch([subject]).map((dispatch) => {
      const message = { ...this.start('test', now), count: 0, incidents: [], test: subject };
      const { channel } = dispatch.target;
      return this.toAlert(
        dispatch,
        message,
        [],
        channel === 'pagerduty' ? pagerDutyTest(message) : BODIES[channel](message),
      );
    });
    return this.add(manager, alerts);
  }

  private async alertsOf(
    manager: EntityManager,
    dispatch: Dispatch<IncidentSubject>,
    event: AlertEvent,
    at: Date,
  ): Promise<NewAlert[]> {
    const ids = dispatch.subjects.map(({ id }) => id);
    const { channel } = dispatch.target;
    if (channel === 'pagerduty') return this.pagerDutyAlerts(manager, dispatch, event, at);
    const alerts: NewAlert[] = [];
    const size = channel === 'webhook' ? MAX_INCIDENTS : ids.length;
    for (let from = 0; from < ids.length; from += size) {
      const incidentIds = ids.slice(from, from + size);
      const message = await this.read(manager, { event, at, incidentIds, count: incidentIds.length }, channel);
      alerts.push(this.toAlert(dispatch, message, incidentIds, BODIES[channel](message)));
    }
    return alerts;
  }

  /**
   * Writes one event for each incident, since PagerDuty resolves each separately; no reminders, since PagerDuty sends
   * its own.
   */
  private async pagerDutyAlerts(
    manager: EntityManager,
    dispatch: Dispatch<IncidentSubject>,
    event: AlertEvent,
    at: Date,
  ): Promise<NewAlert[]> {
    if (event === 'reminder') return [];
    const incidents = await this.incidents.findByIds(
      manager,
      dispatch.subjects.map(({ id }) => id),
    );
    return incidents.map((incident) => {
      const message = { ...this.start(event, at), count: 1, incidents: [incident] };
      return this.toAlert(dispatch, message, [incident.id], pagerDutyMessage(message, incident));
    });
  }

  private async read(manager: EntityManager, draft: Draft, channel: Channel): Promise<Message> {
    const ids = channel === 'webhook' ? draft.incidentIds : draft.incidentIds.slice(0, MAX_NAMED);
    const incidents = await this.incidents.findByIds(manager, ids);
    return { ...this.start(draft.event, draft.at), count: draft.count, incidents };
  }

  private start(event: AlertEvent, at: Date): Pick<Message, 'deliveryId' | 'event' | 'at' | 'publicUrl'> {
    return { deliveryId: randomUUID(), event, at, publicUrl: this.config.publicUrl?.replace(/\/+$/, '') };
  }

  private toAlert(
    { routes, target }: Pick<Dispatch<Subject>, 'routes' | 'target'>,
    { at, deliveryId, event }: Message,
    incidentIds: readonly number[],
    body: string,
  ): NewAlert {
    const route = routes.join(', ');
    const { channel, name } = target;
    return { deliveryId, route, target: name, channel, event, incidentIds: [...incidentIds], body, createdAt: at };
  }

  /** Writes alerts, each with the job of its first attempt. */
  private async add(manager: EntityManager, alerts: readonly NewAlert[]): Promise<number[]> {
    if (alerts.length === 0) return [];
    const ids = await this.alerts.insert(manager, alerts);
    const byChannel = Map.groupBy(alerts, ({ channel }) => channel);
    for (const [channel, ofChannel] of byChannel) {
      const jobs = ofChannel.map(({ deliveryId, target }) => ({
        data: { alert_id: ids.get(deliveryId) },
        group: target,
      }));
      await this.jobs.add(manager, queueOf(channel), jobs);
    }
    return [...ids.values()];
  }
}

const BODIES: Record<Exclude<Channel, 'pagerduty'>, (message: Message) => string> = {
  slack: slackMessage,
  webhook: webhookMessage,
  email: emailMessage,
};
