import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { CONFIG, type Config } from '../../../platform/config/config.js';
import { TransactionRunner } from '../../../platform/database/transaction-runner.js';
import { JobService } from '../../../platform/jobs/job.service.js';
import { queueOf } from './alert-outbox.service.js';
import { AlertSenderService, type DeliveryResult } from './alert-sender.service.js';
import type { AlertEntity, Channel } from './alert.entity.js';
import { AlertRepository } from './alert.repository.js';
import { nextAttempt } from './backoff.js';

/** Longer than an attempt may take: a job that is still in hand then died with its replica, and another takes it. */
const EXPIRES_SECONDS = 60;

/**
 * Delivers what waits in the outbox, at least once. An attempt is a job, and leaves the next one behind in the
 * transaction that records how it went; a job whose replica died is handed out again by the library. Nothing is posted
 * inside a transaction.
 */
@Injectable()
export class AlertDeliveryService implements OnModuleInit {
  private readonly logger = new Logger(AlertDeliveryService.name);

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly alerts: AlertRepository,
    private readonly sender: AlertSenderService,
    private readonly jobs: JobService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'slackWebhookUrl' | 'alertWebhookUrl'>,
  ) {}

  onModuleInit(): void {
    if (this.config.slackWebhookUrl !== undefined) this.register('slack');
    if (this.config.alertWebhookUrl !== undefined) this.register('webhook');
  }

  private register(channel: Channel): void {
    this.jobs.register({
      name: queueOf(channel),
      pollSeconds: 2,
      options: {
        // Repeated by the library only when a replica died or could not write down how an attempt went.
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
    const outcome = await this.sender.post(alert, signal);
    // Cut off by us: not the receiver's fault, and no attempt of its own.
    if (!outcome.sent) signal.throwIfAborted();
    await this.record(alert, outcome);
  }

  private async record(alert: AlertEntity, outcome: DeliveryResult): Promise<void> {
    const now = new Date();
    const attempts = alert.attempts + 1;
    if (outcome.sent) {
      const sent = { status: 'sent', attempts, nextAttemptAt: null, sentAt: now, lastError: null } as const;
      await this.transactions.run((manager) => this.alerts.record(manager, alert.id, sent));
      return;
    }
    const next = nextAttempt(attempts, alert.createdAt, now, outcome.retryAfterMs);
    const status = next ? 'waiting' : 'failed';
    this.logger.warn({ alert_id: alert.id, channel: alert.channel, attempts, status, reason: outcome.error }, 'alert');
    await this.transactions.run(async (manager) => {
      const attempt = { status, attempts, nextAttemptAt: next, sentAt: null, lastError: outcome.error } as const;
      await this.alerts.record(manager, alert.id, attempt);
      if (!next) return;
      await this.jobs.add(manager, queueOf(alert.channel), [{ data: { alert_id: alert.id }, startAfter: next }]);
    });
  }
}
