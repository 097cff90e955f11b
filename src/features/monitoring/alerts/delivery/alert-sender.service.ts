import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type AlertEntity, targetOf } from '../alert.entity.js';
import { withImpact } from '../message/impact-message.js';
import type { Email } from '../message/email-message.js';
import type { PagerDutyEvent } from '../message/pagerduty-message.js';
import type { Channel, Target } from '../route/alert-route.js';
import { AlertRoutesService } from '../route/alert-routes.service.js';
import { AlertImpactService } from './alert-impact.service.js';
import { GONE } from './alert-cleanup.service.js';
import { sendEmail } from './email-delivery.js';
import { post } from './http-delivery.js';
import { failed, type DeliveryResult, refused } from './delivery-result.js';

/**
 * How long an alert may wait for a target that this replica does not know: during an upgrade, other replicas may have
 * newer routes.
 */
const UNKNOWN_FOR_MS = 60 * 60_000;

/** Sends an alert to its target through the channel of the target. */
@Injectable()
export class AlertSenderService {
  constructor(
    private readonly routes: AlertRoutesService,
    private readonly impacts: AlertImpactService,
  ) {}

  /** The number of different targets of a channel. */
  countTargets(channel: Channel): number {
    return new Set(this.routes.targets.filter((target) => target.channel === channel).map(({ name }) => name)).size;
  }

  async send(alert: AlertEntity, signal: AbortSignal): Promise<DeliveryResult> {
    const target = this.routes.target(targetOf(alert));
    if (target) return this.sendTo(target, alert, signal);
    return Date.now() - alert.createdAt.getTime() > UNKNOWN_FOR_MS ? refused(GONE) : failed(GONE);
  }

  private async sendTo(target: Target, alert: AlertEntity, signal: AbortSignal): Promise<DeliveryResult> {
    const { deliveryId } = alert;
    const body = withImpact(target.channel, { ...alert, impact: await this.impacts.of(alert) });
    const headers = { 'watcher-delivery': deliveryId };
    switch (target.channel) {
      case 'slack':
        return post({ url: target.url, headers, body }, signal);
      case 'webhook':
        return post({ url: target.url, headers: { ...headers, ...signatureOf(body, target.secret) }, body }, signal);
      case 'pagerduty': {
        const event = { routing_key: target.routingKey, ...(JSON.parse(body) as PagerDutyEvent) };
        return post({ url: target.url, headers, body: JSON.stringify(event) }, signal);
      }
      case 'email':
        return sendEmail(target, deliveryId, JSON.parse(body) as Email, signal);
    }
  }
}

function signatureOf(body: string, secret: string | undefined): Record<string, string> {
  if (secret === undefined) return {};
  return { 'watcher-signature': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}` };
}
