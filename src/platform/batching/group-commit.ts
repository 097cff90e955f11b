/** How far a {@link GroupCommit} may go. */
export interface GroupCommitLimits {
  /** The most items in one transaction. */
  readonly batchSize: number;
  /** The most transactions on their way at once. */
  readonly lanes: number;
}

/** Hears how the batches of a {@link GroupCommit} go, for metrics and traces. */
export interface GroupCommitObserver<Arrival> {
  /** Called once, at the beginning; `waiting` says from then on how many items wait for a transaction. */
  attached(waiting: () => number): void;
  /** Called when an item comes in; what it answers is handed to `commit` with the rest of the batch. */
  arrived(): Arrival;
  /** Runs the commit of a batch, once a try. */
  commit<T>(arrivals: readonly Arrival[], commit: () => Promise<T>): Promise<T>;
}

const UNOBSERVED: GroupCommitObserver<unknown> = {
  attached: () => undefined,
  arrived: () => undefined,
  commit: (_arrivals, commit) => commit(),
};

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly arrival: unknown;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * How long a batch waits for a lock, and how long at least each of its items does when they go alone. Longer than the
 * second after which PostgreSQL looks for a deadlock: that one is worth another attempt.
 */
const LOCK_TIMEOUT_MS = 1500;
const SHORTEST_LOCK_TIMEOUT_MS = 10;

/**
 * Lets items that arrive together share one transaction, since the cost of a small write is its
 * commit. While a batch is on its way the next one gathers; an idle service sends a batch of one
 * at once, so nobody waits for company. An item's promise settles after the commit.
 *
 * `commit` gets the items in the order of their arrival and answers in the same order; what is
 * wrong with a single item is part of its result. When `commit` itself fails, the items are tried
 * one by one, so that only the one at fault fails. Each failure halves the lock timeout: items that
 * need locked rows hold up the others for three seconds in all, not for 1.5 s each.
 */
export class GroupCommit<Item, Result> {
  private readonly queue: Waiting<Item, Result>[] = [];
  private underWay = 0;

  constructor(
    private readonly limits: GroupCommitLimits,
    private readonly commit: (items: readonly Item[], lockTimeoutMs: number) => Promise<readonly Result[]>,
    /** Whether an error would meet every item alike, so that trying them one by one is pointless. */
    private readonly isCommon: (error: unknown) => boolean,
    private readonly observer: GroupCommitObserver<unknown> = UNOBSERVED,
  ) {
    observer.attached(() => this.queue.length);
  }

  submit(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.queue.push({ item, arrival: this.observer.arrived(), resolve, reject });
      this.sendNext();
    });
  }

  private sendNext(): void {
    if (this.queue.length === 0 || this.underWay === this.limits.lanes) return;
    this.underWay++;
    void this.send(this.queue.splice(0, this.limits.batchSize));
  }

  private async send(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.commitBatch(batch, LOCK_TIMEOUT_MS);
      // Before this one's answers: the database works on the next batch while they are written.
      this.leaveLane();
      settle(batch, results);
    } catch (error) {
      if (batch.length > 1 && !this.isCommon(error)) await this.sendOneByOne(batch);
      else for (const { reject } of batch) reject(error);
      this.leaveLane();
    }
  }

  private leaveLane(): void {
    this.underWay--;
    this.sendNext();
  }

  private async sendOneByOne(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    let lockTimeoutMs = LOCK_TIMEOUT_MS;
    for (const waiting of batch) {
      try {
        settle([waiting], await this.commitBatch([waiting], lockTimeoutMs));
      } catch (error) {
        waiting.reject(error);
        lockTimeoutMs = Math.max(lockTimeoutMs / 2, SHORTEST_LOCK_TIMEOUT_MS);
      }
    }
  }

  private commitBatch(batch: readonly Waiting<Item, Result>[], lockTimeoutMs: number): Promise<readonly Result[]> {
    const items = batch.map(({ item }) => item);
    return this.observer.commit(
      batch.map(({ arrival }) => arrival),
      () => this.commit(items, lockTimeoutMs),
    );
  }
}

function settle<Item, Result>(batch: readonly Waiting<Item, Result>[], results: readonly Result[]): void {
  for (const [index, { resolve }] of batch.entries()) resolve(results[index] as Result);
}
