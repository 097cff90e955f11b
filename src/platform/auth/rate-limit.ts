const SECOND_MS = 1000;

/**
 * At most `perSecond` requests a second of each caller, of which a second's worth may come at once (GCRA: one number a
 * caller, the moment when its last request is paid off). Of this process alone: replicas don't share it.
 */
export class RateLimit {
  private readonly costMs: number;
  // No caller owes more than a second: one that is in neither the current nor the previous map owes nothing.
  private current = new Map<string, number>();
  private previous = new Map<string, number>();
  private turnedAt = 0;

  constructor(readonly perSecond: number) {
    this.costMs = SECOND_MS / perSecond;
  }

  /** Whether the caller may send a request at `nowMs`; if so, the request is counted. */
  admit(caller: string, nowMs: number): boolean {
    if (nowMs - this.turnedAt >= SECOND_MS) {
      this.previous = this.current;
      this.current = new Map();
      this.turnedAt = nowMs;
    }
    const owedUntil = this.current.get(caller) ?? this.previous.get(caller) ?? 0;
    const paidOffAt = Math.max(owedUntil, nowMs) + this.costMs;
    // A rounding error must not cost the last request of a burst.
    if (paidOffAt - nowMs > SECOND_MS + 1e-6) return false;
    this.current.set(caller, paidOffAt);
    return true;
  }

  /** Takes back one request that was counted. */
  refund(caller: string): void {
    const paidOffAt = this.current.get(caller) ?? this.previous.get(caller);
    if (paidOffAt !== undefined) this.current.set(caller, paidOffAt - this.costMs);
  }
}
