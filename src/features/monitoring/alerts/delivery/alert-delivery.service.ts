import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { TransactionRunner } from '../../../../platform/database/transaction-runner.js';
import { IncidentService } from '../../incidents/incident.service.js';
import { JobService } from '../../../../platform/jobs/job.service.js';
import { queueOf } from '../alert-outbox.service.js';
import { type AlertEntity, targetOf } from '../alert.entity.js';
import { AlertRepository } from '../alert.repository.js';
import { type Channel, CHANNELS } from '../route/alert-route.js';
import { AlertSenderService } from './alert-sender.service.js';
import { nextAttempt } from './backoff.js';
import { type DeliveryResult, refused } from './delivery-result.js';

/**
 * Longer than an attempt may take: if a job is still running then, its replica has died, and another replica takes the
 * job.
 */
const EXPIRES_SECONDS = 60;
/** How many targets of one channel receive a message at the same time, one message each. */
const MOST_TARGETS = 4;
/** The reason why an alert to PagerDuty is not sent. */
const OVER = 'the incident was resolved before the message could be sent';

/**
 * Delivers the waiting alerts at least once. An attempt is a job, which adds the next one in the transaction that
 * records its result; the library reassigns a job whose replica died. Nothing is sent inside a transaction.
 */
@Injectable()
export class AlertDeliveryService implements OnModuleInit {
  private readonly logger = new Logger(AlertDeliveryService.name);

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly alerts: AlertRepository,
    private readonly sender: AlertSenderService,
    private readonly jobs: JobService,
    private readonly incidents: IncidentService,
  ) {}

  onModuleInit(): void {
    for (const channel of CHANNELS) {
      const count = this.sender.countTargets(channel);
      if (count > 0) this.register(channel, Math.min(count, MOST_TARGETS));
    }
  }

  private register(channel: Channel, concurrency: number): void {
    this.jobs.register({
      name: queueOf(channel),
      pollSeconds: 2,
      concurrency,
      options: {
        // The library repeats a job only when a replica died or could not record the result of an attempt.
        retryLimit: 10_000,
        retryDelay: 5,
        expireInSeconds: EXPIRES_SECONDS,
        deleteAfterSeconds: 3600,
      },
      handle: (data, signal) => this.deliver((data as { alert_id: number }).alert_id, signal),
    });
  }

  private async deliver(id: number, signal: AbortSignal): Promise<void> {
    const alert = await this.transactions.read((manager) => this.alerts.findWaiting(manager, id));
    if (!alert) return;
    const result = (await this.isOver(alert)) ? refused(OVER) : await this.sender.send(alert, signal);
    // Our stop cut it off: not the receiver's fault, so it does not count as an attempt.
    if (!result.sent) signal.throwIfAborted();
    await this.record(alert, result);
  }

  /**
   * Whether the event that resolves this incident was sent before: then PagerDuty would open an incident that stays
   * open for good.
   */
  private async isOver({ channel, event, incidentIds }: AlertEntity): Promise<boolean> {
    if (channel !== 'pagerduty' || event !== 'opened') return false;
    const incidents = await this.transactions.read((manager) => this.incidents.findByIds(manager, incidentIds));
    return incidents.every(({ status }) => status === 'resolved');
  }

  private async record(alert: AlertEntity, result: DeliveryResult): Promise<void> {
    const now = new Date();
    const attempts = alert.attempts + 1;
    if (result.sent) {
      const sent = { status: 'sent', attempts, nextAttemptAt: null, sentAt: now, lastError: null } as const;
      await this.transactions.run((manager) => this.alerts.record(manager, alert.id, sent));
      return;
    }
    const isFinal = result.isFinal || alert.event === 'test';
    const next = isFinal ? null : nextAttempt(attempts, alert.createdAt, now, result.retryAfterMs);
    const status = next ? 'waiting' : 'failed';
    const { channel, id, route } = alert;
    const target = targetOf(alert);
    this.logger.warn({ alert_id: id, channel, route, target, attempts, status, reason: result.error }, 'alert');
    await this.transactions.run(async (manager) => {
      const attempt = { status, attempts, nextAttemptAt: next, sentAt: null, lastError: result.error } as const;
      await this.alerts.record(manager, id, attempt);
      if (!next) return;
      await this.jobs.add(manager, queueOf(channel), [{ data: { alert_id: id }, group: target, startAfter: next }]);
    });
  }
}
