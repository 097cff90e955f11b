interface Entry<V> {
  value?: V;
  /** When the value was loaded; undefined before the first load has come back. */
  loadedAt?: number;
  loading?: Promise<V>;
}

/**
 * Remembers what was loaded for a key, never longer than `ttlMs`. From half of that on it is loaded anew behind the
 * callers' backs, so that a key in steady use never makes one of them wait. Holds at most `max` keys; the ones that
 * came first go first.
 */
export class FreshCache<V> {
  private readonly entries = new Map<string, Entry<V>>();

  constructor(
    private readonly ttlMs: number,
    private readonly max: number,
  ) {}

  /**
   * The value, without a promise where it is at hand. A failed load rejects and is not remembered. `mayLoad` is called
   * before a load that the caller has to wait for, and may throw.
   */
  get(key: string, load: () => Promise<V>, mayLoad?: () => void): V | Promise<V> {
    const entry = this.entries.get(key) ?? this.add(key);
    const age = performance.now() - (entry.loadedAt ?? -Infinity);
    if (age >= this.ttlMs) {
      if (!entry.loading) mayLoad?.();
      return this.load(key, entry, load);
    }
    // What this load fails of, the one that somebody has to wait for fails of too, and says so.
    if (age >= this.ttlMs / 2) this.load(key, entry, load).catch(() => undefined);
    return entry.value as V;
  }

  private add(key: string): Entry<V> {
    const [oldest] = this.entries.keys();
    if (this.entries.size >= this.max && oldest !== undefined) this.entries.delete(oldest);
    const entry: Entry<V> = {};
    this.entries.set(key, entry);
    return entry;
  }

  private load(key: string, entry: Entry<V>, load: () => Promise<V>): Promise<V> {
    // Dated to the beginning: what changes while it loads may be in it or not.
    const begun = performance.now();
    entry.loading ??= load().then(
      (value) => {
        entry.loading = undefined;
        entry.value = value;
        entry.loadedAt = begun;
        return value;
      },
      (error: unknown) => {
        entry.loading = undefined;
        if (entry.loadedAt === undefined) this.entries.delete(key);
        throw error;
      },
    );
    return entry.loading;
  }
}
