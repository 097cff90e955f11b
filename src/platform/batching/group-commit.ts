import { LockedRows } from './locked-rows.js';

/** Limits of a {@link GroupCommit}. */
export interface GroupCommitLimits {
  /** The most items in one transaction. */
  readonly batchSize: number;
  /** The most transactions in progress at once. */
  readonly lanes: number;
}

/** Observes the batches of a {@link GroupCommit}, for metrics and traces. */
export interface GroupCommitObserver<Arrival> {
  /** Called once, at construction; from then on `waiting` returns how many items wait for a transaction. */
  attached(waiting: () => number): void;
  /** Called when an item arrives; its return value is passed to `commit` with those of the rest of the batch. */
  arrived(): Arrival;
  /** Runs the commit of a batch, once for each attempt. */
  commit<T>(arrivals: readonly Arrival[], commit: () => Promise<T>): Promise<T>;
}

const UNOBSERVED: GroupCommitObserver<unknown> = {
  attached: () => undefined,
  arrived: () => undefined,
  commit: (_arrivals, commit) => commit(),
};

/** The result of an item that `commit` left out. */
export const LEFT_OUT = Symbol('left out');

/** One attempt to commit items. */
export interface CommitTry {
  /** How long each statement may wait for a lock. */
  readonly lockTimeoutMs: number;
  /** Says which rows an item is going to lock; whether it is to be left out, since one of them is known to be locked. */
  readonly leavesOut: (index: number, rows: readonly string[]) => boolean;
}

type Commit<Item, Result> = (
  items: readonly Item[],
  attempt: CommitTry,
) => Promise<readonly (Result | typeof LEFT_OUT)[]>;

/** The meaning of an error of `commit`. */
export interface CommitErrors {
  /** Whether the error affects every item alike, so that retrying them separately is pointless. */
  isCommon(error: unknown): boolean;
  /** Whether another session keeps a row locked. */
  isLock(error: unknown): boolean;
  /** The refusal of an item that waited for a locked row and was never attempted. */
  refusal(): Error;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly arrival: unknown;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
  /** The rows that it locks, as far as they are known. */
  rows: readonly string[];
  /** When it was set aside; 0 before. */
  asideSince: number;
  /** The error of its last attempt. */
  cause: unknown;
}

/** How long a batch waits for a lock. Short, because the batches behind it wait for as long. */
const BATCH_LOCK_TIMEOUT_MS = 500;
/**
 * The same for items that are retried separately: for the first that meets a lock, for all that meet one together, and
 * the minimum for each.
 */
const SINGLE_LOCK_TIMEOUT_MS = 250;
const SHORTEST_LOCK_TIMEOUT_MS = 10;
/** For how long the retries of all locked rows together may run. */
const PROBE_ROUND_MS = 500;
/** How long an item waits for a locked row, once it is set aside. */
const ASIDE_TIMEOUT_MS = 1500;
/** The most items that wait for locked rows; more are refused at once. */
const MOST_ASIDE = 1000;

/**
 * Commits items that arrive together in one transaction, because the cost of a small write is its commit. While a
 * batch runs, the next one collects items. Otherwise an item waits only for those that are submitted in the same turn of
 * the event loop. The promise of an item settles after the commit.
 *
 * `commit` gets the items in the order of their arrival and returns results in the same order; the refusal of a single
 * item is part of its result. When `commit` itself fails, the items are retried separately, so that only the faulty
 * one fails.
 *
 * An item that then fails on a lock is set aside, and its rows are remembered: later batches leave out the items that
 * need these rows, and so are not delayed. Of the items set aside, one at a time tests whether its rows are free,
 * beside the batches. An item that has waited for 1.5 s is refused.
 */
export class GroupCommit<Item, Result> {
  private readonly queue: Waiting<Item, Result>[] = [];
  private aside: Waiting<Item, Result>[] = [];
  private readonly locked = new LockedRows();
  private isProbing = false;
  private underWay = 0;

  constructor(
    private readonly limits: GroupCommitLimits,
    private readonly commit: Commit<Item, Result>,
    private readonly errors: CommitErrors,
    private readonly observer: GroupCommitObserver<unknown> = UNOBSERVED,
  ) {
    observer.attached(() => this.queue.length + this.aside.length);
  }

  submit(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      const arrival = this.observer.arrived();
      this.queue.push({ item, arrival, resolve, reject, rows: [], asideSince: 0, cause: undefined });
      // Not at once: those that are submitted in the same turn share a batch.
      if (this.queue.length === 1) queueMicrotask(() => this.sendNext());
    });
  }

  private sendNext(): void {
    if (this.queue.length === 0 || this.underWay === this.limits.lanes) return;
    this.underWay++;
    void this.send(this.queue.splice(0, this.limits.batchSize));
    this.sendNext();
  }

  private async send(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.commitBatch(batch, BATCH_LOCK_TIMEOUT_MS);
      // Before the results are delivered: the database works on the next batch meanwhile.
      this.leaveLane();
      this.settle(batch, results);
    } catch (error) {
      if (batch.length > 1 && !this.errors.isCommon(error)) await this.sendApart(batch);
      else this.failTogether(batch, error);
      this.leaveLane();
    }
  }

  private leaveLane(): void {
    this.underWay--;
    this.sendNext();
  }

  /**
   * Retries the items of a failed batch: items that locked the same row last together, each of the others alone. Each
   * failure halves the lock timeout of the next attempt, which limits the delay of the batches behind to half a second
   * in all.
   */
  private async sendApart(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    let lockTimeoutMs = SINGLE_LOCK_TIMEOUT_MS;
    const groups = Map.groupBy(batch, (waiting) => waiting.rows.at(-1) ?? waiting);
    const send = async (group: readonly Waiting<Item, Result>[]): Promise<void> => {
      try {
        this.settle(group, await this.commitBatch(group, lockTimeoutMs));
      } catch (error) {
        lockTimeoutMs = Math.max(lockTimeoutMs / 2, SHORTEST_LOCK_TIMEOUT_MS);
        const isCommon = group.length === 1 || this.errors.isCommon(error) || this.errors.isLock(error);
        if (isCommon) this.failTogether(group, error);
        else for (const waiting of group) await send([waiting]);
      }
    };
    for (const group of groups.values()) await send(group);
  }

  private commitBatch(
    batch: readonly Waiting<Item, Result>[],
    lockTimeoutMs: number,
    isProbe = false,
  ): Promise<readonly (Result | typeof LEFT_OUT)[]> {
    const items = batch.map(({ item }) => item);
    const leavesOut = (index: number, rows: readonly string[]): boolean => {
      (batch[index] as Waiting<Item, Result>).rows = rows;
      return !isProbe && this.locked.has(rows);
    };
    return this.observer.commit(
      batch.map(({ arrival }) => arrival),
      () => this.commit(items, { lockTimeoutMs, leavesOut }),
    );
  }

  private settle(batch: readonly Waiting<Item, Result>[], results: readonly (Result | typeof LEFT_OUT)[]): void {
    for (const [index, waiting] of batch.entries()) {
      const result = results[index] as Result | typeof LEFT_OUT;
      if (result === LEFT_OUT) this.setAside(waiting);
      else waiting.resolve(result);
    }
  }

  /**
   * Handles an item that failed alone, items that lock the same row last, or all items when the error affects each of
   * them.
   */
  private failTogether(group: readonly Waiting<Item, Result>[], error: unknown): void {
    const rows = group[0]?.rows ?? [];
    const isLocked = this.errors.isLock(error) && rows.length > 0;
    if (isLocked) this.locked.note(group.length > 1 ? rows.slice(-1) : rows);
    for (const waiting of group) {
      waiting.cause = error;
      if (isLocked && this.aside.length < MOST_ASIDE) this.setAside(waiting);
      else waiting.reject(error);
    }
  }

  private setAside(waiting: Waiting<Item, Result>): void {
    waiting.asideSince ||= performance.now();
    this.aside.push(waiting);
    if (!this.isProbing) void this.probeAll();
  }

  /** Retries the items set aside until none is left, beginning with the rows that were tried longest ago. */
  private async probeAll(): Promise<void> {
    this.isProbing = true;
    while (this.aside.length > 0) {
      this.takeBackFree();
      this.refuseLate();
      const next = this.aside.toSorted((a, b) => this.locked.triedAt(a.rows) - this.locked.triedAt(b.rows))[0];
      if (next) await this.probe(next);
    }
    this.isProbing = false;
  }

  private async probe(waiting: Waiting<Item, Result>): Promise<void> {
    this.aside = this.aside.filter((other) => other !== waiting);
    const lockTimeoutMs = Math.max(PROBE_ROUND_MS / Math.max(this.locked.size, 1), SHORTEST_LOCK_TIMEOUT_MS);
    try {
      const before = waiting.rows;
      const [result] = await this.commitBatch([waiting], lockTimeoutMs, true);
      // It may need fewer rows by now, and then those from before are free as well.
      this.locked.free([...before, ...waiting.rows]);
      waiting.resolve(result as Result);
    } catch (error) {
      this.failTogether([waiting], error);
    }
  }

  /** Moves items that need no locked row any more back to the queue. */
  private takeBackFree(): void {
    const free = this.aside.filter(({ rows }) => !this.locked.has(rows));
    if (free.length === 0) return;
    this.aside = this.aside.filter(({ rows }) => this.locked.has(rows));
    this.queue.unshift(...free);
    this.sendNext();
  }

  private refuseLate(): void {
    const before = performance.now() - ASIDE_TIMEOUT_MS;
    const isLate = ({ asideSince }: Waiting<Item, Result>): boolean => asideSince < before;
    const late = this.aside.filter(isLate);
    this.aside = this.aside.filter((waiting) => !isLate(waiting));
    for (const { cause, reject } of late) reject(cause ?? this.errors.refusal());
  }
}
