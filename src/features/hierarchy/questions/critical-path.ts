import type { Node, Subtree } from './subtree.js';

/** Siblings that overlap by at most one of so many parts of their parent's time count as one after the other. */
const OVERLAP_PARTS = 100;

/** A stretch of time that an execution decided, by its own work or its own waiting. Milliseconds since 1970. */
export interface Segment {
  readonly node: Node;
  readonly start: number;
  readonly end: number;
}

/** An execution that did not decide, though its siblings or its parent did; and by how many milliseconds it missed. */
export interface OffPath {
  readonly node: Node;
  readonly slack: number;
}

export interface CriticalPath {
  /** Oldest first, without a gap: together the whole time of the top execution. */
  readonly segments: readonly Segment[];
  /** Least slack first. */
  readonly offPath: readonly OffPath[];
}

/** An execution on the path, in the time that it answers for. */
interface Visit extends Segment {
  /** Whether this is time of its own, not to be looked into any further. */
  readonly isOwn: boolean;
}

/**
 * What decided how long the top execution took, by the rules of CRISP (Zhang et al., USENIX ATC 2022): from its end
 * backwards the child that finished last, then the one that finished last before that one started, and so on; each
 * child is looked into in the same way. Time that none of these covers is the parent's own.
 *
 * - Children count only as far as they lie within their parent; without such a part they are never on the path.
 * - Of children that finished at the same moment, the one that started first is taken, then the one with the lower id.
 * - A child that ran into the start of the next by at most 1 % of their parent's time comes before it all the same, and
 *   is cut off there.
 *
 * Works on a stack of its own, for trees deeper than that of JavaScript.
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

/** The children that decided, latest first, each cut to the time that it answers for. */
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

/** The children of a chain and the parent's own time between them, oldest first: on the stack the latest is on top. */
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
 * The children that are not on the chain. How much later each could have finished: until the next child on the chain
 * started, or else until the parent ended.
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
