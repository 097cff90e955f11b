import fc from 'fast-check';
import { arbitraryTree, NOW, type Shape, treeOf } from '../../../../test/support/trees.js';
import { toSubtree } from './subtree.js';

describe(toSubtree, () => {
  it('is undefined for an execution that is not there', () => {
    expect(toSubtree({ executions: [], pipelines: [] }, 1, { now: NOW, maxNodes: 10 })).toBeUndefined();
  });

  it('lets what runs last until now, and at least until its start', () => {
    const tree = treeOf({ at: [0, null], children: [{ at: [NOW + 5, null] }] });
    expect(tree.nodes.map(({ end, status }) => [end, status])).toEqual([
      [NOW, 'running'],
      [NOW + 5, 'running'],
    ]);
  });

  it('says where it was cut, and that it was not where it just fits', () => {
    const shape: Shape = { at: [0, 9], children: [{ at: [0, 9], children: [{ at: [0, 9] }] }, { at: [0, 9] }] };
    expect([4, 3, 2, 1].map((maxNodes) => treeOf(shape, maxNodes).truncatedAtDepth)).toEqual([null, 2, 1, 1]);
  });

  it('holds the levels one after the other, in the order of their ids, and each node below its parent', () => {
    fc.assert(
      fc.property(arbitraryTree(), arbitraryTree(25, 7), (whole, cut) => {
        for (const tree of [whole, cut]) {
          const order = tree.nodes.toSorted((a, b) => a.depth - b.depth || a.id - b.id);
          expect(tree.nodes).toEqual(order);
          const below = tree.nodes.flatMap((node) =>
            tree.childrenOf(node).map((child) => [child.row.parent_id, child.depth]),
          );
          expect(below).toHaveLength(tree.nodes.length - 1);
          for (const node of tree.nodes) {
            for (const child of tree.childrenOf(node))
              expect([child.row.parent_id, child.depth]).toEqual([node.id, node.depth + 1]);
          }
        }
      }),
    );
  });
});
