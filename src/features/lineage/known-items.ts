/** Remembers items by key; of more than `most`, those that were used longest ago are forgotten. */
export class KnownItems<Value> {
  hits = 0;
  misses = 0;
  private readonly items = new Map<string, Value>();

  constructor(private readonly most: number) {}

  get(key: string): Value | undefined {
    const value = this.items.get(key);
    if (value === undefined) {
      this.misses += 1;
      return undefined;
    }
    this.hits += 1;
    this.items.delete(key);
    this.items.set(key, value);
    return value;
  }

  add(items: Iterable<readonly [key: string, value: Value]>): void {
    for (const [key, value] of items) this.items.set(key, value);
    for (const key of this.items.keys()) {
      if (this.items.size <= this.most) break;
      this.items.delete(key);
    }
  }

  clear(): void {
    this.items.clear();
  }
}
