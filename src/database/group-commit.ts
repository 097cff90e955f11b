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

/** For those whom nobody watches. */
const UNOBSERVED: GroupCommitObserver<unknown> = {
  attached: () => undefined,
  arrived: () => undefined,
  commit: (_arrivals, commit) => commit(),
};

interface Waiting<Item, Outcome> {
  readonly item: Item;
  readonly arrival: unknown;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * How long a batch waits for somebody's lock, and how long at least each of its items does when they go alone. Longer
 * than the second after which PostgreSQL looks for a deadlock: that one is worth another attempt.
 */
const PATIENCE_MS = 1500;
const LEAST_PATIENCE_MS = 10;

/**
 * Lets items that arrive together share one transaction, since the cost of a small write is its
 * commit. While a batch is on its way the next one gathers; an idle service sends a batch of one
 * at once, so nobody waits for company. An item's promise settles after the commit.
 *
 * `commit` gets the items in the order of their arrival and answers in the same order; what is
 * wrong with a single item is part of its outcome. When `commit` itself fails, the items are tried
 * one by one, so that only the one at fault pays for it. Each failure halves the patience with locks:
 * items that want what a stranger keeps locked hold up the others for three seconds in all, not for one each.
 */
export class GroupCommit<Item, Outcome> {
  private readonly queue: Waiting<Item, Outcome>[] = [];
  private underWay = 0;

  constructor(
    private readonly limits: GroupCommitLimits,
    private readonly commit: (items: readonly Item[], lockPatienceMs: number) => Promise<readonly Outcome[]>,
    /** Whether an error would meet every item alike, so that trying them one by one is pointless. */
    private readonly isCommon: (error: unknown) => boolean,
    private readonly observer: GroupCommitObserver<unknown> = UNOBSERVED,
  ) {
    observer.attached(() => this.queue.length);
  }

  submit(item: Item): Promise<Outcome> {
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

  private async send(batch: readonly Waiting<Item, Outcome>[]): Promise<void> {
    try {
      const outcomes = await this.commitTogether(batch, PATIENCE_MS);
      // Before this one's answers: the database works on the next batch while they are written.
      this.leaveLane();
      settle(batch, outcomes);
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

  private async sendOneByOne(batch: readonly Waiting<Item, Outcome>[]): Promise<void> {
    let patience = PATIENCE_MS;
    for (const waiting of batch) {
      try {
        settle([waiting], await this.commitTogether([waiting], patience));
      } catch (error) {
        waiting.reject(error);
        patience = Math.max(patience / 2, LEAST_PATIENCE_MS);
      }
    }
  }

  private commitTogether(
    batch: readonly Waiting<Item, Outcome>[],
    lockPatienceMs: number,
  ): Promise<readonly Outcome[]> {
    const items = batch.map(({ item }) => item);
    return this.observer.commit(
      batch.map(({ arrival }) => arrival),
      () => this.commit(items, lockPatienceMs),
    );
  }
}

function settle<Item, Outcome>(batch: readonly Waiting<Item, Outcome>[], outcomes: readonly Outcome[]): void {
  for (const [index, { resolve }] of batch.entries()) resolve(outcomes[index] as Outcome);
}
