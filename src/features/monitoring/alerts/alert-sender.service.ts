import { createHmac } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../../../platform/config/config.js';
import type { AlertEntity, Channel } from './alert.entity.js';
import { retryAfter } from './backoff.js';

/** How long a receiver may take to answer. */
const PATIENCE_MS = 10_000;

/** What became of one attempt. */
export type DeliveryResult =
  { readonly sent: true } | { readonly sent: false; readonly error: string; readonly retryAfterMs: number };

/**
 * Posts alerts. Of a refusal it keeps the status, of a lost connection the system's code: what a receiver says in its
 * body, and where it lives, may be private and goes nowhere. Redirects are not followed, since they would carry the
 * message to whoever the receiver names.
 */
@Injectable()
export class AlertSenderService {
  constructor(
    @Inject(CONFIG)
    private readonly config: Pick<Config, 'slackWebhookUrl' | 'alertWebhookUrl' | 'alertWebhookSecret'>,
  ) {}

  async post(alert: AlertEntity, signal: AbortSignal): Promise<DeliveryResult> {
    const url = this.urlOf(alert.channel);
    if (url === undefined) return failed('the channel is not configured');
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: this.headersOf(alert),
        body: alert.body,
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
      });
      await response.body?.cancel();
      if (response.ok) return { sent: true };
      return failed(
        `the receiver answered ${response.status}`,
        retryAfter(response.headers.get('retry-after'), new Date()),
      );
    } catch (error) {
      return failed(reasonOf(error));
    }
  }

  private urlOf(channel: Channel): string | undefined {
    return channel === 'slack' ? this.config.slackWebhookUrl : this.config.alertWebhookUrl;
  }

  private headersOf({ body, channel, deliveryId }: AlertEntity): Record<string, string> {
    const secret = channel === 'webhook' ? this.config.alertWebhookSecret : undefined;
    return {
      'content-type': 'application/json',
      'user-agent': 'watcher',
      'watcher-delivery': deliveryId,
      ...(secret !== undefined && { 'watcher-signature': signatureOf(body, secret) }),
    };
  }
}

function signatureOf(body: string, secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

function failed(error: string, retryAfterMs = 0): DeliveryResult {
  return { sent: false, error, retryAfterMs };
}

/** The message of a network error may name the URL, its code doesn't. */
function reasonOf(error: unknown): string {
  const { cause, name } = error as { readonly cause?: { readonly code?: string }; readonly name?: string };
  if (name === 'TimeoutError') return `the receiver did not answer within ${PATIENCE_MS / 1000} s`;
  return `the receiver could not be reached (${cause?.code ?? 'connection lost'})`;
}
