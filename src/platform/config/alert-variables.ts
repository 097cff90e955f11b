import { document } from './document.js';
import { duration, text, url, webhook } from './variable.js';

/** The variables about alerts: where they go, how they are signed, and which of them are history. */
export const alertVariables = {
  slackWebhookUrl: webhook('SLACK_WEBHOOK_URL', {
    description: 'Slack incoming webhook for the alerts that match no route.',
    secret: true,
  }),
  alertWebhookUrl: webhook('ALERT_WEBHOOK_URL', {
    description:
      'URL to which the service posts the alerts that match no route, as JSON; `user:password@` in it becomes Basic authorisation.',
    secret: true,
  }),
  alertWebhookSecret: text('ALERT_WEBHOOK_SECRET', {
    description: 'Key of the HMAC-SHA256 in the header Watcher-Signature; unset: alerts are not signed.',
    takes: 'text',
    secret: true,
  }),
  alertRoutes: document('WATCHER_ALERT_ROUTES', {
    description:
      'Which alerts go to which Slack channel, webhook, mailbox or PagerDuty service ([monitoring.md](monitoring.md#routes)); unset: all go to the two URLs above.',
  }),
  alertMaxAge: duration('WATCHER_ALERT_MAX_AGE', {
    description:
      'A violation that ended longer ago than this when it was reported counts as history: the service records the incident and sends no message.',
    fallback: '1d',
  }),
  smtpUrl: url('SMTP_URL', ['smtp', 'smtps'], {
    description:
      'Mail server for the e-mail of routes: `smtp://user:password@host:587`, `smtps://` for TLS from the start.',
    secret: true,
  }),
  smtpFrom: text('SMTP_FROM', {
    description: 'Sender of this e-mail; required if a route sends e-mail.',
    takes: "an address, such as 'Watcher <watcher@example.com>'",
    pattern: /^[^\0\r\n]*@[^\0\r\n]*$/,
  }),
} as const;
