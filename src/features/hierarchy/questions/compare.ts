import { COMPLETED_SUCCESSFULLY, IS_FAILURE, IS_TERMINAL } from '../../execution/execution-status.js';
import { type Change, CHANGES } from './compare.dto.js';
import type { Node, Subtree } from './subtree.js';

/** A pair of matching executions, or one without a counterpart. */
export interface Pair {
  readonly a: Node | undefined;
  readonly b: Node | undefined;
  /** The position among the runs of its pipeline below the same parent: 1 for the first, 2 for its first retry. */
  readonly position: number;
}

/** One entry of a comparison; at least one of `a` and `b` is set. */
export interface Entry extends Pair {
  readonly node: Node;
  readonly change: Change;
  /** The duration of `a` divided by that of `b`; null if one is missing or has no result, or `b` took no time. */
  readonly ratio: number | null;
}

export interface Comparison {
  /** Parents before their children, siblings by start. */
  readonly entries: readonly Entry[];
  readonly summary: Readonly<Record<Change, number>>;
  /** The first level with missing executions on either side; null if none are missing. */
  readonly truncatedAtDepth: number | null;
}

/**
 * Compares two trees. The tops match each other. Below a pair, the first run of a pipeline on one side matches its
 * first run on the other, the second run the second, and so on. An execution without a counterpart is listed with all
 * its descendants.
 *
 * If one tree was truncated, executions without a counterpart from that level on are omitted: the counterpart may be
 * among the missing ones.
 */
export function compare(a: Subtree, b: Subtree): Comparison {
  const entries: Entry[] = [];
  const summary = Object.fromEntries(CHANGES.map((change) => [change, 0])) as Record<Change, number>;
  const stack: Pair[] = [{ a: a.top, b: b.top, position: 1 }];
  for (let pair = stack.pop(); pair; pair = stack.pop()) {
    const node = pair.a ?? pair.b;
    if (!node || (!pair.a && isCut(a, node)) || (!pair.b && isCut(b, node))) continue;
    const entry = { ...pair, node, change: changeOf(pair), ratio: ratioOf(pair) };
    entries.push(entry);
    summary[entry.change] += 1;
    stack.push(...childPairs(pair, a, b).reverse());
  }
  const cuts = [a.truncatedAtDepth, b.truncatedAtDepth].filter((depth) => depth !== null);
  return { entries, summary, truncatedAtDepth: cuts.length > 0 ? Math.min(...cuts) : null };
}

function isCut(tree: Subtree, { depth }: Node): boolean {
  return tree.truncatedAtDepth !== null && depth >= tree.truncatedAtDepth;
}

function childPairs({ a, b }: Pair, treeA: Subtree, treeB: Subtree): Pair[] {
  const runsA = byPipeline(a ? treeA.childrenOf(a) : []);
  const runsB = byPipeline(b ? treeB.childrenOf(b) : []);
  const pairs: { readonly pair: Pair; readonly offset: number; readonly pipelineId: number }[] = [];
  for (const pipelineId of new Set([...runsA.keys(), ...runsB.keys()])) {
    const [ofA, ofB] = [runsA.get(pipelineId) ?? [], runsB.get(pipelineId) ?? []];
    for (let index = 0; index < Math.max(ofA.length, ofB.length); index++) {
      const pair = { a: ofA[index], b: ofB[index], position: index + 1 };
      const offset = pair.a && a ? pair.a.start - a.start : pair.b && b ? pair.b.start - b.start : 0;
      pairs.push({ pair, offset, pipelineId });
    }
  }
  return pairs
    .sort((x, y) => x.offset - y.offset || x.pipelineId - y.pipelineId || x.pair.position - y.pair.position)
    .map(({ pair }) => pair);
}

function byPipeline(children: readonly Node[]): Map<number, Node[]> {
  return Map.groupBy(children, ({ pipeline }) => pipeline.id);
}

function changeOf({ a, b }: Pair): Change {
  if (!a) return 'removed';
  if (!b) return 'added';
  if (IS_FAILURE[a.status] && !IS_FAILURE[b.status]) return 'failed_here';
  if (IS_FAILURE[b.status] && !IS_FAILURE[a.status]) return 'failed_there';
  if (haveResults(a, b)) return changeOfTime(a.end - a.start, b.end - b.start);
  if (!IS_TERMINAL[a.status] || !IS_TERMINAL[b.status]) return 'running';
  return a.status === b.status ? 'same' : 'not_comparable';
}

/** Whether both ran to their end. The duration of one that was skipped, aborted or lost says nothing about its speed. */
function haveResults(a: Node, b: Node): boolean {
  return COMPLETED_SUCCESSFULLY[a.status] !== null && COMPLETED_SUCCESSFULLY[b.status] !== null;
}

/** At least a tenth longer or shorter; in integers, so that exactly a tenth counts. */
function changeOfTime(a: number, b: number): 'slower' | 'faster' | 'same' {
  if (a > b && a * 10 >= b * 11) return 'slower';
  return b > a && b * 10 >= a * 11 ? 'faster' : 'same';
}

function ratioOf({ a, b }: Pair): number | null {
  return a && b && haveResults(a, b) && b.end > b.start ? (a.end - a.start) / (b.end - b.start) : null;
}
