import { createTransport } from 'nodemailer';
import type { Email } from '../message/email-message.js';
import type { EmailTarget } from '../route/alert-route.js';
import { failed, type DeliveryResult, DELIVERY_TIMEOUT_MS } from './delivery-result.js';

/**
 * Sends an e-mail over a separate connection. The Message-ID is made of the delivery id, so that mail servers and
 * readers recognise a repeat. Stores only the code of a refusal: the text of a mail server may be private.
 */
export async function sendEmail(
  target: EmailTarget,
  deliveryId: string,
  { subject, text }: Email,
  signal: AbortSignal,
): Promise<DeliveryResult> {
  const transport = createTransport({
    url: target.smtpUrl,
    connectionTimeout: DELIVERY_TIMEOUT_MS,
    greetingTimeout: DELIVERY_TIMEOUT_MS,
    socketTimeout: DELIVERY_TIMEOUT_MS,
    dnsTimeout: DELIVERY_TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const given = AbortSignal.any([signal, AbortSignal.timeout(DELIVERY_TIMEOUT_MS)]);
  try {
    const { rejected } = await untilAborted(
      transport.sendMail({
        from: target.from,
        to: [...target.to],
        subject,
        text,
        messageId: `<${deliveryId}@watcher>`,
        headers: { 'Auto-Submitted': 'auto-generated', 'Watcher-Delivery': deliveryId },
      }),
      given,
    );
    if (rejected.length === 0) return { sent: true };
    return failed(`the mail server refused ${rejected.length} of ${target.to.length} addresses`);
  } catch (error) {
    return failed(reasonOf(error));
  } finally {
    transport.close();
  }
}

/** The library accepts no signal: its remaining work after the time limit ends with the connection. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return Promise.race([
    work,
    new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    }),
  ]);
}

function reasonOf(error: unknown): string {
  const { code, name, responseCode } = error as { code?: string; name?: string; responseCode?: number };
  if (name === 'TimeoutError' || code === 'ETIMEDOUT') {
    return `the mail server did not answer within ${DELIVERY_TIMEOUT_MS / 1000} s`;
  }
  if (responseCode !== undefined) return `the mail server answered ${responseCode}`;
  return `the mail server could not be reached (${code ?? 'connection lost'})`;
}
