interface Entry<V> {
  value?: V;
  /** When the value was loaded; undefined until the first load completes. */
  loadedAt?: number;
  loading?: Promise<V>;
}

/**
 * Keeps the value that was loaded for a key, for at most `ttlMs`. After half of that time, a call loads it anew in the
 * background, so that callers of a key in steady use never wait. Holds at most `max` keys, and drops the oldest first.
 */
export class FreshCache<V> {
  private readonly entries = new Map<string, Entry<V>>();

  constructor(
    private readonly ttlMs: number,
    private readonly max: number,
  ) {}

  /**
   * The value, without a promise where it is cached. A failed load rejects and is not cached. `mayLoad` is called
   * before a load that the caller waits for, and may throw.
   */
  get(key: string, load: () => Promise<V>, mayLoad?: () => void): V | Promise<V> {
    const entry = this.entries.get(key) ?? this.add(key);
    const age = performance.now() - (entry.loadedAt ?? -Infinity);
    if (age >= this.ttlMs) {
      if (!entry.loading) mayLoad?.();
      return this.load(key, entry, load);
    }
    // A later load, for which a caller waits, reports the same failure.
    if (age >= this.ttlMs / 2) this.load(key, entry, load).catch(() => undefined);
    return entry.value as V;
  }

  /** The value of a key is loaded anew when it is next asked for. */
  forget(key: string): void {
    this.entries.delete(key);
  }

  private add(key: string): Entry<V> {
    const [oldest] = this.entries.keys();
    if (this.entries.size >= this.max && oldest !== undefined) this.entries.delete(oldest);
    const entry: Entry<V> = {};
    this.entries.set(key, entry);
    return entry;
  }

  private load(key: string, entry: Entry<V>, load: () => Promise<V>): Promise<V> {
    // The date is the beginning of the load, because it may miss a change that happens meanwhile.
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
