import type { EntityManager } from 'typeorm';
import { ClaimGraph, type Link, type LinkedRun } from '../state/claim-graph.js';
import { parentClaimOf } from '../state/derived-run.js';
import type { OpenLineageRunRepository, StoredRun } from './openlineage-run.repository.js';
import { type RunChange, unchanged } from './run-change.js';

/** The parents of runs as their claims come to. */
export interface TreePlan {
  /** The parent of each changed run, by its run id; null for a root. */
  readonly parentOf: ReadonlyMap<string, string | null>;
  /** The existing runs whose parents change, and these. */
  readonly moves: ReadonlyMap<string, string | null>;
  /** The changed runs, with those on whose claims of parents the others decide. */
  readonly changes: ReadonlyMap<string, RunChange>;
  /** The runs that were read, as they were before. */
  readonly known: ReadonlyMap<string, StoredRun>;
}

/** Decides on the claims of parents of a batch. */
export async function planTree(
  manager: EntityManager,
  runs: OpenLineageRunRepository,
  changes: ReadonlyMap<string, RunChange>,
  known: Map<string, StoredRun>,
  isAnyRefused: boolean,
): Promise<TreePlan> {
  const linkOf = (runId: string): LinkedRun | undefined => {
    const change = changes.get(runId);
    const stored = change?.before ?? known.get(runId);
    if (!change && !stored) return undefined;
    const before = stored ? parentClaimOf(stored.state, runId) : null;
    return {
      before,
      after: change ? parentClaimOf(change.after, runId) : before,
      wasRefused: stored?.isParentRefused ?? false,
    };
  };
  const load = async (runId: string): Promise<LinkedRun | undefined> => {
    if (!changes.has(runId) && !known.has(runId)) {
      for (const run of await runs.find(manager, [runId])) known.set(runId, run);
    }
    return linkOf(runId);
  };
  const refusals = await new ClaimGraph(load).judge(suspects(changes, linkOf, isAnyRefused));
  const isRefused = (runId: string): boolean => refusals.get(runId) ?? linkOf(runId)?.wasRefused ?? false;
  const parentOf = new Map<string, string | null>();
  const moves = new Map<string, string | null>();
  for (const runId of new Set([...changes.keys(), ...refusals.keys()])) {
    const { before, after, wasRefused } = linkOf(runId) as LinkedRun;
    const now = isRefused(runId) ? null : (after?.runId ?? null);
    parentOf.set(runId, now);
    const isNew = changes.has(runId) && !changes.get(runId)?.before;
    if (!isNew && now !== (wasRefused ? null : (before?.runId ?? null))) moves.set(runId, now);
  }
  const judged = new Map(changes);
  for (const [runId, refused] of refusals) {
    const run = known.get(runId);
    if (run && !changes.has(runId) && run.isParentRefused !== refused) judged.set(runId, unchanged(run));
  }
  for (const [runId, change] of judged) {
    const refusedParent = isRefused(runId) ? (parentClaimOf(change.after, runId)?.runId ?? null) : null;
    judged.set(runId, { ...change, refusedParent });
  }
  return { parentOf, moves, changes: judged, known };
}

/** The same plan without the claims of these runs, which become roots. */
export function refuse(plan: TreePlan, runIds: readonly string[]): TreePlan {
  if (runIds.length === 0) return plan;
  const parentOf = new Map(plan.parentOf);
  const moves = new Map(plan.moves);
  const changes = new Map(plan.changes);
  for (const runId of runIds) {
    const change = changes.get(runId);
    if (change) changes.set(runId, { ...change, refusedParent: parentOf.get(runId) ?? null });
    parentOf.set(runId, null);
    if (moves.has(runId)) moves.set(runId, null);
  }
  return { ...plan, parentOf, moves, changes };
}

/**
 * The runs whose claims may close or open a cycle: those with another parent, if another run may be below them. A new
 * time of the same claim matters only where some claim is refused.
 */
function suspects(
  changes: ReadonlyMap<string, RunChange>,
  linkOf: (runId: string) => LinkedRun | undefined,
  isAnyRefused: boolean,
): string[] {
  const named = new Set([...changes].flatMap(([runId, { after }]) => parentClaimOf(after, runId)?.runId ?? []));
  const claiming = [...changes].filter(
    ([runId, { before }]) => (before !== undefined || named.has(runId)) && hasClaims(linkOf(runId)),
  );
  const isOther = (a: Link | null, b: Link | null): boolean => a?.runId !== b?.runId;
  const others = claiming.filter(([runId]) => {
    const link = linkOf(runId);
    return link !== undefined && (link.wasRefused || isOther(link.before, link.after));
  });
  return (isAnyRefused ? claiming : others).map(([runId]) => runId);
}

function hasClaims(link: LinkedRun | undefined): boolean {
  return link !== undefined && (link.before ?? link.after) !== null;
}

/**
 * The moves without which there is no cycle: of those on a cycle the one with the greatest time of its claim, and of
 * several, that of the greatest run id. `parents` has the parent of each execution as it would be after all moves.
 */
export function closingMoves(
  moves: readonly { readonly runId: string; readonly at: string; readonly id: number }[],
  parents: ReadonlyMap<number, number | null>,
): string[] {
  const above = new Map(parents);
  const closing: string[] = [];
  const isLater = (a: string, b: string): number => (a < b ? 1 : -1);
  const order = moves.toSorted((a, b) => (a.at === b.at ? isLater(a.runId, b.runId) : isLater(a.at, b.at)));
  for (const { runId, id } of order) {
    const passed = new Set<number>();
    let at = above.get(id) ?? null;
    for (; at !== null && at !== id && !passed.has(at); at = above.get(at) ?? null) passed.add(at);
    if (at !== id) continue;
    closing.push(runId);
    above.set(id, null);
  }
  return closing;
}
