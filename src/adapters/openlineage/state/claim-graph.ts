import type { Instant } from '../event/event-time.js';

/** The parent that a run claims, and when. */
export interface Link {
  readonly runId: string;
  readonly at: Instant;
}

/** A run in the graph of claims. */
export interface LinkedRun {
  /** What it claimed before the batch; null if nothing. */
  readonly before: Link | null;
  readonly after: Link | null;
  /** Whether its claim was refused before the batch. */
  readonly wasRefused: boolean;
}

/**
 * Which claims are refused because they would close a cycle. Each run claims one parent, so a run is on one cycle at
 * most; of the claims on a cycle, the one with the greatest time is refused, and of several, that of the greatest run
 * id. So the result depends on the claims alone, not on which came first.
 */
export class ClaimGraph {
  private readonly refusals = new Map<string, boolean>();

  constructor(private readonly runOf: (runId: string) => Promise<LinkedRun | undefined>) {}

  /**
   * Judges runs whose claims have changed, and those on the cycles that are closed or opened by that. Returns whether
   * the claim of each is refused.
   */
  async judge(runIds: Iterable<string>): Promise<ReadonlyMap<string, boolean>> {
    const opened = new Set<string>();
    for (const runId of runIds) {
      for (const one of (await this.cycleOf(runId, 'before')) ?? []) opened.add(one);
      await this.judgeCycle(runId);
      opened.add(runId);
    }
    // A refused claim of a cycle that is open now counts again, unless it is on another cycle.
    for (const runId of opened) if (!this.refusals.has(runId)) await this.judgeCycle(runId);
    return this.refusals;
  }

  private async judgeCycle(runId: string): Promise<void> {
    const cycle = await this.cycleOf(runId, 'after');
    if (!cycle) {
      this.refusals.set(runId, false);
      return;
    }
    const claims = await Promise.all(cycle.map(async (one) => ({ runId: one, at: await this.claimedAt(one) })));
    const last = claims.reduce((a, b) => (a.at > b.at || (a.at === b.at && a.runId > b.runId) ? a : b));
    for (const one of cycle) this.refusals.set(one, one === last.runId);
  }

  private async claimedAt(runId: string): Promise<Instant> {
    return (await this.runOf(runId))?.after?.at ?? '';
  }

  /** The runs on the cycle of claims that a run is on; undefined if it is on none. */
  private async cycleOf(runId: string, when: 'before' | 'after'): Promise<string[] | undefined> {
    const path = new Set<string>();
    for (let at: string | undefined = runId; at !== undefined; at = (await this.runOf(at))?.[when]?.runId) {
      if (path.has(at)) return at === runId ? [...path] : undefined;
      path.add(at);
    }
    return undefined;
  }
}
