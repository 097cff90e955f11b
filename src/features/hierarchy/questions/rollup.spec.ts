import fc from 'fast-check';
import { arbitraryTree, NOW, type Shape, treeOf } from '../../../../test/support/trees.js';
import { type Figures, rollup } from './rollup.js';
import type { Subtree } from './subtree.js';

const selfOf = (shape: Shape): number => rollup(treeOf({ ...shape }), 'depth').groups[0]?.figures.self ?? NaN;

describe(rollup, () => {
  it('counts as own time what no child covers, overlaps once, only what lies within', () => {
    expect(selfOf({ at: [0, 100] })).toBe(100);
    expect(selfOf({ at: [0, 100], children: [{ at: [10, 30] }, { at: [20, 50] }, { at: [20, 25] }] })).toBe(60);
    expect(selfOf({ at: [50, 100], children: [{ at: [0, 60] }, { at: [90, 200] }, { at: [300, 400] }] })).toBe(30);
    expect(selfOf({ at: [50, 100], children: [{ at: [0, 200] }] })).toBe(0);
    expect(selfOf({ at: [0, 100], children: [{ at: [50, 50] }] })).toBe(100);
  });

  it('counts what runs until now', () => {
    const { whole } = rollup(treeOf({ at: [0, null], children: [{ at: [400, null] }, { at: [100, 300] }] }), 'depth');
    expect(whole).toMatchObject({ running: 2, succeeded: 1, total: NOW + 600 + 200, self: 200 + 600 + 200, max: NOW });
  });

  it('puts retries into one group, and the group with the most own time first', () => {
    const tree = treeOf({
      at: [0, 100],
      pipeline: 1,
      children: [
        { at: [0, 30], pipeline: 2, failed: true, rows: 5 },
        { at: [30, 90], pipeline: 2, rows: 7 },
      ],
    });
    const [first, second] = rollup(tree, 'pipeline').groups;
    expect(first?.figures).toMatchObject({ executions: 2, failed: 1, succeeded: 1, totalRows: 12, self: 90, max: 60 });
    expect(second?.figures).toMatchObject({ executions: 1, self: 10, total: 100 });
  });

  describe('of any tree', () => {
    it.each(['pipeline', 'pipeline_type', 'depth'] as const)('has groups by %s that add up to the whole', (by) => {
      fc.assert(
        fc.property(arbitraryTree(), (tree) => {
          const { whole, groups } = rollup(tree, by);
          const keys: (keyof Figures)[] = [
            'executions',
            'succeeded',
            'failed',
            'running',
            'totalRows',
            'total',
            'self',
          ];
          for (const key of keys) {
            expect(groups.reduce((sum, { figures }) => sum + figures[key], 0)).toBe(whole[key]);
          }
          expect(Math.max(...groups.map(({ figures }) => figures.max))).toBe(whole.max);
          expect(whole.executions).toBe(tree.nodes.length);
          expect(whole.total).toBe(tree.nodes.reduce((sum, { start, end }) => sum + end - start, 0));
        }),
      );
    });

    it('counts each moment once for each execution that runs without a child of its own running', () => {
      fc.assert(
        fc.property(arbitraryTree(), (tree) => {
          const { whole } = rollup(tree, 'pipeline');
          const moments = Array.from({ length: 400 }, (_, moment) => runningAt(tree, moment));
          expect(whole.self).toBe(moments.reduce((sum, { alone }) => sum + alone, 0));
          // Own time cannot exceed the wall time times the parallelism.
          const wall = moments.filter(({ running }) => running > 0).length;
          const parallelism = Math.max(...moments.map(({ running }) => running));
          expect(whole.self).toBeLessThanOrEqual(wall * parallelism);
        }),
      );
    });
  });
});

/** The number of executions that run at a given moment, and of those among them without a running child. */
function runningAt({ nodes }: Subtree, moment: number): { running: number; alone: number } {
  const running = nodes.filter(({ start, end }) => start <= moment && moment < end);
  const busy = new Set(running.map(({ row }) => row.parent_id));
  return { running: running.length, alone: running.filter(({ id }) => !busy.has(id)).length };
}
