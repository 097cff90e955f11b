/** How long a receiver may take to answer. */
export const DELIVERY_TIMEOUT_MS = 10_000;

/** The result of one attempt; no attempt follows a final one. */
export type DeliveryResult =
  | { readonly sent: true }
  | { readonly sent: false; readonly error: string; readonly retryAfterMs: number; readonly isFinal: boolean };

/** A failed attempt that another one follows. */
export function failed(error: string, retryAfterMs = 0): DeliveryResult {
  return { sent: false, error, retryAfterMs, isFinal: false };
}

/** A failed attempt that was the last. */
export function refused(error: string): DeliveryResult {
  return { sent: false, error, retryAfterMs: 0, isFinal: true };
}
