import { LockedRows } from './locked-rows.js';

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

/** What a commit answers for an item that it has left out. */
export const LEFT_OUT = Symbol('left out');

/** One try to commit items. */
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

/** What an error of a commit means. */
export interface CommitErrors {
  /** Whether the error would meet every item alike, so that trying them apart is pointless. */
  isCommon(error: unknown): boolean;
  /** Whether somebody keeps a row locked. */
  isLock(error: unknown): boolean;
  /** What an item is refused with that has waited for a locked row and never got to try. */
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
  /** What it failed of last. */
  cause: unknown;
}

/** How long a batch waits for a lock. It holds up those behind it for so long, so this is short. */
const BATCH_LOCK_TIMEOUT_MS = 500;
/** How long its items do when they go apart: the first that finds a lock, all that find one together, and each at least. */
const SINGLE_LOCK_TIMEOUT_MS = 250;
const SHORTEST_LOCK_TIMEOUT_MS = 10;
/** How long all locked rows together are tried for, one after the other. */
const PROBE_ROUND_MS = 500;
/** How long an item waits for a locked row, once it is set aside. */
const ASIDE_TIMEOUT_MS = 1500;
/** The most items that wait for locked rows; more are refused at once. */
const MOST_ASIDE = 1000;

/**
 * Lets items that arrive together share one transaction, since the cost of a small write is its
 * commit. While a batch is on its way the next one gathers; an idle service sends a batch of one
 * at once, so nobody waits for company. An item's promise settles after the commit.
 *
 * `commit` gets the items in the order of their arrival and answers in the same order; what is
 * wrong with a single item is part of its result. When `commit` itself fails, the items are tried
 * apart, so that only the one at fault fails.
 *
 * An item that then fails for a lock is set aside, and its rows are remembered: a later batch leaves out the items that
 * need them and holds nobody up. Of what is set aside, one item at a time tries whether its rows are free, beside the
 * batches; an item that has waited for 1.5 s is refused.
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
      const results = await this.commitBatch(batch, BATCH_LOCK_TIMEOUT_MS);
      // Before this one's answers: the database works on the next batch while they are written.
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
   * Sends the items of a batch that failed apart: those together that lock the same row last, each of the others alone.
   * Each failure halves the lock timeout of the next, so that they hold up the others for half a second in all.
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

  /** For an item that failed alone, items that lock the same row last, or all when the error would meet each of them. */
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

  /** Tries what is set aside until nothing is left, the rows that were tried longest ago first. */
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
      const [result] = await this.commitBatch([waiting], lockTimeoutMs, true);
      this.locked.free(waiting.rows);
      waiting.resolve(result as Result);
    } catch (error) {
      this.failTogether([waiting], error);
    }
  }

  /** What needs no locked row any more goes with the others again. */
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
