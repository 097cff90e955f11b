/** How long a row that nobody asks for is taken for locked. */
const REMEMBERED_MS = 60_000;
/** The most rows that are remembered; the ones that were noted first go first. */
const MOST_REMEMBERED = 1000;

interface Entry {
  readonly until: number;
  readonly triedAt: number;
}

/** Remembers by name which rows others keep locked. */
export class LockedRows {
  private readonly entries = new Map<string, Entry>();

  /** How many there are. */
  get size(): number {
    return this.entries.size;
  }

  has(rows: readonly string[], now = performance.now()): boolean {
    return this.entries.size > 0 && rows.some((row) => (this.entries.get(row)?.until ?? 0) > now);
  }

  /**
   * Notes that a transaction that locks these rows could not have one of them. Which one is not known: rows of which it is
   * known that they are locked explain it, and are enough.
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

  /** Notes that a transaction has had these rows. */
  free(rows: readonly string[]): void {
    for (const row of rows) this.entries.delete(row);
  }

  /** When the rows were found locked last; 0 for rows that are not. */
  triedAt(rows: readonly string[]): number {
    return Math.max(0, ...rows.map((row) => this.entries.get(row)?.triedAt ?? 0));
  }
}
