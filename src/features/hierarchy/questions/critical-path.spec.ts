import fc from 'fast-check';
import { arbitraryTree, NOW, type Shape, treeOf } from '../../../../test/support/trees.js';
import { criticalPath } from './critical-path.js';
import type { Node, Subtree } from './subtree.js';

/** The path of a tree as `[id, start, end]`. */
const pathOf = (shape: Shape): number[][] =>
  criticalPath(treeOf(shape)).segments.map(({ node, start, end }) => [node.id, start, end]);
/** The executions off the path as `[id, slack]`. */
const slackOf = (shape: Shape): number[][] =>
  criticalPath(treeOf(shape)).offPath.map(({ node, slack }) => [node.id, slack]);

describe(criticalPath, () => {
  it('of one execution is its whole time', () => {
    expect(pathOf({ at: [10, 70] })).toEqual([[1, 10, 70]]);
  });

  it('of an execution that took no time is that execution', () => {
    expect(pathOf({ at: [10, 10], children: [{ at: [10, 10] }] })).toEqual([[1, 10, 10]]);
  });

  it('runs through children in series, with the parent’s own time before, between and after them', () => {
    const shape = { at: [0, 100], children: [{ at: [10, 40] }, { at: [50, 90] }] } as const;
    expect(pathOf(shape)).toEqual([
      [1, 0, 10],
      [2, 10, 40],
      [1, 40, 50],
      [3, 50, 90],
      [1, 90, 100],
    ]);
    expect(slackOf(shape)).toEqual([]);
  });

  it('takes the parallel child that finished last; the others could have finished when it did', () => {
    const shape = { at: [0, 100], children: [{ at: [0, 60] }, { at: [0, 100] }, { at: [20, 90] }] } as const;
    expect(pathOf(shape)).toEqual([[3, 0, 100]]);
    expect(slackOf(shape)).toEqual([
      [4, 10],
      [2, 40],
    ]);
  });

  it('gives a sibling slack until the next one on the path starts', () => {
    const shape = { at: [0, 100], children: [{ at: [0, 30] }, { at: [0, 50] }, { at: [50, 100] }] } as const;
    expect(pathOf(shape)).toEqual([
      [3, 0, 50],
      [4, 50, 100],
    ]);
    expect(slackOf(shape)).toEqual([[2, 20]]);
  });

  it('leaves out a sibling that overlaps the next one, and counts that time as the parent’s', () => {
    const shape = { at: [0, 100], children: [{ at: [0, 60] }, { at: [50, 100] }] } as const;
    expect(pathOf(shape)).toEqual([
      [1, 0, 50],
      [3, 50, 100],
    ]);
  });

  it('takes siblings that overlap by 1 % of their parent as one after the other, and no more than that', () => {
    expect(pathOf({ at: [0, 1000], children: [{ at: [0, 510] }, { at: [500, 1000] }] })).toEqual([
      [2, 0, 500],
      [3, 500, 1000],
    ]);
    expect(pathOf({ at: [0, 1000], children: [{ at: [0, 511] }, { at: [500, 1000] }] })).toEqual([
      [1, 0, 500],
      [3, 500, 1000],
    ]);
  });

  it('goes down the tree', () => {
    const shape = {
      at: [0, 100],
      children: [{ at: [0, 80], children: [{ at: [0, 30] }, { at: [30, 70] }] }, { at: [0, 20] }],
    } as const;
    expect(pathOf(shape)).toEqual([
      [4, 0, 30],
      [5, 30, 70],
      [2, 70, 80],
      [1, 80, 100],
    ]);
    expect(slackOf(shape)).toEqual([[3, 80]]);
  });

  it('clips children that start before or end after their parent, and theirs with them', () => {
    const shape = {
      at: [50, 100],
      children: [{ at: [0, 150], children: [{ at: [0, 60] }, { at: [60, 200] }] }],
    } as const;
    expect(pathOf(shape)).toEqual([
      [3, 50, 60],
      [4, 60, 100],
    ]);
  });

  it('leaves out children that lie outside their parent', () => {
    const shape = { at: [50, 100], children: [{ at: [0, 50] }, { at: [100, 150] }, { at: [200, 300] }] } as const;
    expect(pathOf(shape)).toEqual([[1, 50, 100]]);
    expect(slackOf(shape)).toEqual([
      [3, 0],
      [4, 0],
      [2, 50],
    ]);
  });

  it('takes of children that finished together the one that started first, then the first', () => {
    expect(pathOf({ at: [0, 100], children: [{ at: [50, 100] }, { at: [0, 100] }, { at: [0, 100] }] })).toEqual([
      [3, 0, 100],
    ]);
  });

  it('runs until now while the tree runs, and sees what still runs below an ended parent', () => {
    expect(pathOf({ at: [0, null], children: [{ at: [0, 300] }, { at: [300, null] }] })).toEqual([
      [2, 0, 300],
      [3, 300, NOW],
    ]);
    expect(pathOf({ at: [0, 500], children: [{ at: [100, null] }] })).toEqual([
      [1, 0, 100],
      [2, 100, 500],
    ]);
  });

  it('takes the retry and the run before it', () => {
    const retried = {
      at: [0, 100],
      children: [
        { at: [0, 40], pipeline: 7, failed: true },
        { at: [45, 100], pipeline: 7 },
      ],
    } as const;
    expect(pathOf(retried).map(([id]) => id)).toEqual([2, 1, 3]);
  });

  it('follows a chain deeper than JavaScript can recurse, and a wide fan', () => {
    let chain: Shape = { at: [0, 20_000] };
    for (let depth = 1; depth < 20_000; depth++) chain = { at: [0, 20_000], children: [chain] };
    expect(criticalPath(treeOf(chain, 20_000)).segments).toHaveLength(1);
    const fan = {
      at: [0, 9999] as const,
      children: Array.from({ length: 9999 }, (_, i) => ({ at: [i, i + 1] as const })),
    };
    expect(criticalPath(treeOf(fan)).segments).toHaveLength(9999);
  });

  describe('of any tree', () => {
    it('has segments that follow each other from the start to the end', () => {
      fc.assert(
        fc.property(arbitraryTree(), (tree) => {
          const { segments } = criticalPath(tree);
          expect(segments[0]?.start).toBe(tree.top.start);
          expect(segments.at(-1)?.end).toBe(tree.top.end);
          segments.slice(1).forEach(({ start, end }, index) => {
            expect(start).toBe(segments[index]?.end);
            expect(end).toBeGreaterThan(start);
          });
        }),
      );
    });

    it('gives each millisecond to the execution that a plain reading of the rules gives it to', () => {
      fc.assert(
        fc.property(arbitraryTree(), (tree) => {
          for (const { node, start, end } of criticalPath(tree).segments) {
            for (let moment = start; moment < end; moment++) {
              expect(deciderOf(tree, tree.top, tree.top.start, tree.top.end, moment).id).toBe(node.id);
            }
          }
        }),
      );
    });

    it('lists the other children of those on the path, with a slack between 0 and their parent’s time', () => {
      fc.assert(
        fc.property(arbitraryTree(), (tree) => {
          const { segments, offPath } = criticalPath(tree);
          const above = new Set([tree.top.id]);
          for (const { node } of segments) lineOf(tree, node).forEach(({ id }) => above.add(id));
          const others = tree.nodes.filter(({ id, row }) => above.has(row.parent_id ?? 0) && !above.has(id));
          expect(offPath).toHaveLength(others.length);
          expect(new Set(offPath.map(({ node }) => node))).toEqual(new Set(others));
          for (const { node, slack } of offPath) {
            const parent = tree.nodes.find(({ id }) => id === node.row.parent_id);
            expect(slack).toBeGreaterThanOrEqual(0);
            expect(slack).toBeLessThanOrEqual(parent ? parent.end - parent.start : 0);
          }
        }),
      );
    });
  });
});

/** The execution on the path at a given moment, found by a full search of the children at each step. */
function deciderOf(tree: Subtree, node: Node, from: number, to: number, moment: number): Node {
  let reached = to;
  for (let isFirst = true; ; isFirst = false) {
    const latest = tree.nodes
      .filter(({ row }) => row.parent_id === node.id)
      .map((child) => ({ child, start: Math.max(child.start, from), end: Math.min(child.end, to) }))
      .filter(({ start, end }) => end > start && start < reached && (isFirst || end <= reached + (to - from) / 100))
      .sort((a, b) => b.end - a.end || a.child.start - b.child.start || a.child.id - b.child.id)[0];
    if (!latest) return node;
    const end = Math.min(latest.end, reached);
    if (moment >= end) return node;
    if (moment >= latest.start) return deciderOf(tree, latest.child, latest.start, end, moment);
    reached = latest.start;
  }
}

/** An execution and its ancestors. */
function lineOf(tree: Subtree, node: Node): Node[] {
  const parent = tree.nodes.find(({ id }) => id === node.row.parent_id);
  return parent ? [node, ...lineOf(tree, parent)] : [node];
}
