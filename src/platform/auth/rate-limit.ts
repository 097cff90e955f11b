const SECOND_MS = 1000;

/**
 * Accepts at most `perSecond` requests a second from each caller, and a burst of one second's worth. The algorithm is
 * GCRA: one number for each caller, the theoretical arrival time. The limit is per process; replicas do not share it.
 */
export class RateLimit {
  private readonly costMs: number;
  // No arrival time is more than a second ahead: a caller in neither the current nor the previous map starts afresh.
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
    // The tolerance keeps a rounding error from refusing the last request of a burst.
    if (paidOffAt - nowMs > SECOND_MS + 1e-6) return false;
    this.current.set(caller, paidOffAt);
    return true;
  }

  /** Uncounts one request. */
  refund(caller: string): void {
    const paidOffAt = this.current.get(caller) ?? this.previous.get(caller);
    if (paidOffAt !== undefined) this.current.set(caller, paidOffAt - this.costMs);
  }
}
