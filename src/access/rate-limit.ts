const SECOND_MS = 1000;

/**
 * At most `perSecond` requests a second of each caller, of which a second's worth may come at once (GCRA: one number a
 * caller, the moment when its last request is paid off). Of this process alone: replicas don't share it.
 */
export class RateLimit {
  private readonly costMs: number;
  // Nobody owes more than a second: who was not heard of in the younger and the elder map owes nothing.
  private younger = new Map<string, number>();
  private elder = new Map<string, number>();
  private turnedAt = 0;

  constructor(readonly perSecond: number) {
    this.costMs = SECOND_MS / perSecond;
  }

  /** Whether the caller may send a request at `nowMs`; if so, the request is counted. */
  admit(caller: string, nowMs: number): boolean {
    if (nowMs - this.turnedAt >= SECOND_MS) {
      this.elder = this.younger;
      this.younger = new Map();
      this.turnedAt = nowMs;
    }
    const owedUntil = this.younger.get(caller) ?? this.elder.get(caller) ?? 0;
    const paidOffAt = Math.max(owedUntil, nowMs) + this.costMs;
    // A rounding error must not cost the last request of a burst.
    if (paidOffAt - nowMs > SECOND_MS + 1e-6) return false;
    this.younger.set(caller, paidOffAt);
    return true;
  }

  /** Takes back one request that was counted. */
  refund(caller: string): void {
    const paidOffAt = this.younger.get(caller) ?? this.elder.get(caller);
    if (paidOffAt !== undefined) this.younger.set(caller, paidOffAt - this.costMs);
  }
}
