/** How long a receiver may take to answer. */
export const PATIENCE_MS = 10_000;

/** What became of one attempt; after one that is final there is no other. */
export type Outcome =
  | { readonly sent: true }
  | { readonly sent: false; readonly error: string; readonly retryAfterMs: number; readonly isFinal: boolean };

/** An attempt that is worth another. */
export function failed(error: string, retryAfterMs = 0): Outcome {
  return { sent: false, error, retryAfterMs, isFinal: false };
}

/** An attempt that was the last one. */
export function refused(error: string): Outcome {
  return { sent: false, error, retryAfterMs: 0, isFinal: true };
}
