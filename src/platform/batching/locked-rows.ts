/** How long an unused row counts as locked. */
const REMEMBERED_MS = 60_000;
/** The most rows that are remembered; the oldest are dropped first. */
const MOST_REMEMBERED = 1000;

interface Entry {
  readonly until: number;
  readonly triedAt: number;
}

/** Remembers, by name, the rows that other sessions keep locked. */
export class LockedRows {
  private readonly entries = new Map<string, Entry>();

  /** The number of rows remembered. */
  get size(): number {
    return this.entries.size;
  }

  has(rows: readonly string[], now = performance.now()): boolean {
    return this.entries.size > 0 && rows.some((row) => (this.entries.get(row)?.until ?? 0) > now);
  }

  /**
   * Records that a transaction failed to lock one of these rows. Which one is unknown: if some are already known to be
   * locked, they explain the failure, and no others are added.
   */
  note(rows: readonly string[], now = performance.now()): void {
    const known = rows.filter((row) => this.has([row], now));
    for (const row of known.length > 0 ? known : rows) {
      const [oldest] = this.entries.keys();
      if (this.entries.size >= MOST_REMEMBERED && !this.entries.has(row) && oldest !== undefined) {
        this.entries.delete(oldest);
      }
      this.entries.delete(row);
      this.entries.set(row, { until: now + REMEMBERED_MS, triedAt: now });
    }
  }

  /** Records that a transaction has locked these rows, so they are free. */
  free(rows: readonly string[]): void {
    for (const row of rows) this.entries.delete(row);
  }

  /** The time when the rows were last found locked; 0 for rows that are not. */
  triedAt(rows: readonly string[]): number {
    return Math.max(0, ...rows.map((row) => this.entries.get(row)?.triedAt ?? 0));
  }
}
