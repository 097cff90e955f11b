import type { Node, Subtree } from './subtree.js';

/** Siblings count as sequential if they overlap by at most the parent's time divided by this number. */
const OVERLAP_PARTS = 100;

/** A period that an execution determined, by its own work or waiting. Milliseconds since 1970. */
export interface Segment {
  readonly node: Node;
  readonly start: number;
  readonly end: number;
}

/** An execution off the path whose parent is on it, with its slack in milliseconds. */
export interface OffPath {
  readonly node: Node;
  readonly slack: number;
}

export interface CriticalPath {
  /** Oldest first, without gaps: together the whole time of the top execution. */
  readonly segments: readonly Segment[];
  /** Least slack first. */
  readonly offPath: readonly OffPath[];
}

/** An execution on the path and the period that it covers. */
interface Visit extends Segment {
  /** True if this is the execution's own time, which is not divided any further. */
  readonly isOwn: boolean;
}

/**
 * Finds the critical path of the top execution by the rules of CRISP (Zhang et al., USENIX ATC 2022). Backwards from
 * its end: the child that finished last, then the child that finished last before that one started, and so on; the same
 * applies within each child. Time that no child covers is the parent's own.
 *
 * - Children count only for the part that lies within their parent; a child without such a part is never on the path.
 * - Of children that finished at the same moment, the one that started first is chosen, then the one with the lower id.
 * - A child that overlaps the start of the next by at most 1 % of the parent's time still precedes it, and is cut off
 *   at that start.
 *
 * An explicit stack allows for trees deeper than JavaScript's call stack.
 */
export function criticalPath(tree: Subtree): CriticalPath {
  const segments: Segment[] = [];
  const offPath: OffPath[] = [];
  const stack: Visit[] = [{ node: tree.top, start: tree.top.start, end: tree.top.end, isOwn: false }];
  for (let visit = stack.pop(); visit; visit = stack.pop()) {
    const children = visit.isOwn ? [] : tree.childrenOf(visit.node);
    const chain = chainOf(visit, children);
    if (chain.length === 0) segments.push({ node: visit.node, start: visit.start, end: visit.end });
    else stack.push(...partsOf(visit, chain));
    offPath.push(...slackOf(visit, children, chain));
  }
  segments.reverse();
  offPath.sort((a, b) => a.slack - b.slack || a.node.id - b.node.id);
  return { segments, offPath };
}

/** The children on the path, latest first, each cut to the period that it covers. */
function chainOf({ start: from, end: to }: Segment, children: readonly Node[]): Segment[] {
  const candidates = children
    .map((node) => ({ node, start: Math.max(node.start, from), end: Math.min(node.end, to) }))
    .filter(({ start, end }) => start < end)
    .sort((a, b) => b.end - a.end || a.node.start - b.node.start || a.node.id - b.node.id);
  const chain: Segment[] = [];
  let reached = to;
  for (const { node, start, end } of candidates) {
    if ((end - reached) * OVERLAP_PARTS > to - from || start >= reached) continue;
    chain.push({ node, start, end: Math.min(end, reached) });
    reached = start;
  }
  return chain;
}

/**
 * The children of a chain and the parent's own time between them, oldest first, so that the latest is on top of the
 * stack.
 */
function partsOf({ node, start, end }: Segment, chain: readonly Segment[]): Visit[] {
  const parts: Visit[] = [];
  let reached = start;
  for (const child of chain.toReversed()) {
    if (child.start > reached) parts.push({ node, start: reached, end: child.start, isOwn: true });
    parts.push({ ...child, isOwn: false });
    reached = child.end;
  }
  if (end > reached) parts.push({ node, start: reached, end, isOwn: true });
  return parts;
}

/**
 * The children off the chain, with their slack: the time until the next child on the chain started, or else until the
 * parent ended.
 */
function slackOf({ start: from, end: to }: Segment, children: readonly Node[], chain: readonly Segment[]): OffPath[] {
  const onPath = new Set(chain.map(({ node }) => node));
  const starts = chain.map(({ start }) => start).reverse();
  const byEnd = children.filter((node) => !onPath.has(node)).sort((a, b) => a.end - b.end);
  let next = 0;
  return byEnd.map((node) => {
    const end = Math.min(Math.max(node.end, from), to);
    while ((starts[next] ?? Infinity) < end) next++;
    return { node, slack: (starts[next] ?? to) - end };
  });
}
