import { webhookRequest } from '../../../../platform/config/webhook-url.js';
import { retryAfter } from './backoff.js';
import { failed, type DeliveryResult, DELIVERY_TIMEOUT_MS } from './delivery-result.js';

/** A message to be posted. */
interface Post {
  /** May hold credentials, which are sent as Basic authorisation. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Posts JSON. Stores only the status of a refusal, and the system's code of a lost connection: the body of an answer
 * and the address of the receiver may be private. Redirects are not followed, since they would send the message to
 * another receiver.
 */
export async function post({ body, headers, url }: Post, signal: AbortSignal): Promise<DeliveryResult> {
  const request = webhookRequest(url);
  try {
    const response = await fetch(request.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'watcher', ...request.headers, ...headers },
      body,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(DELIVERY_TIMEOUT_MS)]),
    });
    await response.body?.cancel();
    if (response.ok) return { sent: true };
    const wait = retryAfter(response.headers.get('retry-after'), new Date());
    return failed(`the receiver answered ${response.status}`, wait);
  } catch (error) {
    return failed(reasonOf(error));
  }
}

/** The message of a network error may contain the URL; its code does not. */
function reasonOf(error: unknown): string {
  const { cause, name } = error as { readonly cause?: { readonly code?: string }; readonly name?: string };
  if (name === 'TimeoutError') return `the receiver did not answer within ${DELIVERY_TIMEOUT_MS / 1000} s`;
  return `the receiver could not be reached (${cause?.code ?? 'connection lost'})`;
}
