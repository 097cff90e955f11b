import fc from 'fast-check';
import { arbitraryTree, type Shape, treeOf } from '../../../../test/support/trees.js';
import { type Comparison, compare } from './compare.js';
import type { Change } from './compare.dto.js';

/** The entries of a comparison as `[id here, id there, change]`. */
const linesOf = ({ entries }: Comparison) => entries.map(({ a, b, change }) => [a?.id ?? null, b?.id ?? null, change]);
const both = (a: Shape, b: Shape): Comparison => compare(treeOf(a), treeOf(b));
const changeOf = (a: Shape, b: Shape): Change | undefined => both(a, b).entries[0]?.change;
const sorted = (ids: readonly number[]): number[] => ids.toSorted((a, b) => a - b);

describe(compare, () => {
  it('pairs runs of the same pipeline below the same parent, in the order of their start', () => {
    const before = {
      at: [0, 100],
      children: [
        { at: [0, 10], pipeline: 7 },
        { at: [20, 60], pipeline: 8 },
      ],
    } as const;
    const after = {
      at: [0, 100],
      children: [
        { at: [50, 90], pipeline: 7 },
        { at: [0, 10], pipeline: 7, failed: true },
        { at: [20, 60], pipeline: 8 },
      ],
    } as const;
    expect(linesOf(both(after, before))).toEqual([
      [1, 1, 'same'],
      [3, 2, 'failed_here'],
      [4, 3, 'same'],
      [2, null, 'added'],
    ]);
    expect(both(after, before).entries.map(({ position }) => position)).toEqual([1, 1, 1, 2]);
    expect(linesOf(both(before, after)).map(([, , change]) => change)).toEqual([
      'same',
      'failed_there',
      'same',
      'removed',
    ]);
  });

  it('adds and removes whole branches', () => {
    const comparison = both(
      { at: [0, 9], children: [{ at: [0, 9], pipeline: 2, children: [{ at: [0, 9], pipeline: 3 }] }] },
      { at: [0, 9], children: [{ at: [0, 9], pipeline: 4 }] },
    );
    expect(comparison.summary).toMatchObject({ same: 1, added: 2, removed: 1 });
  });

  it('tells slower and faster from a tenth on, with the ratio', () => {
    expect(changeOf({ at: [0, 110] }, { at: [0, 100] })).toBe('slower');
    expect(changeOf({ at: [0, 109] }, { at: [0, 100] })).toBe('same');
    expect(changeOf({ at: [0, 100] }, { at: [0, 110] })).toBe('faster');
    expect(changeOf({ at: [0, 100] }, { at: [0, 109] })).toBe('same');
    expect(both({ at: [0, 300] }, { at: [0, 200] }).entries[0]?.ratio).toBe(1.5);
  });

  it('has no ratio to a time of 0', () => {
    expect(both({ at: [0, 5] }, { at: [0, 0] }).entries[0]).toMatchObject({ change: 'slower', ratio: null });
    expect(both({ at: [0, 0] }, { at: [3, 3] }).entries[0]).toMatchObject({ change: 'same', ratio: null });
  });

  it('compares durations only of what ran to its end', () => {
    const [short, long, failed] = [{ at: [0, 10] }, { at: [0, 2000] }, { at: [0, 10], failed: true }] as const;
    const [running, expected] = [{ at: [0, null] }, { at: [0, 10], status: 'expected' }] as const;
    for (const open of [running, expected] as const) {
      for (const other of [short, long, running, expected, { at: [0, 10], status: 'skipped' }] as const) {
        expect([changeOf(open, other), changeOf(other, open)]).toEqual(['running', 'running']);
        expect(both(open, other).entries[0]?.ratio).toBeNull();
      }
      expect([changeOf(failed, open), changeOf(open, failed)]).toEqual(['failed_here', 'failed_there']);
    }
    for (const status of ['skipped', 'aborted', 'lost'] as const) {
      const one: Shape = { at: [0, 5], status };
      for (const other of [short, long]) {
        expect([changeOf(one, other), changeOf(other, one)]).toEqual(['not_comparable', 'not_comparable']);
        expect(both(one, other).entries[0]?.ratio).toBeNull();
      }
      expect([changeOf(failed, one), changeOf(one, failed)]).toEqual(['failed_here', 'failed_there']);
      expect(changeOf(one, { at: [0, 500], status })).toBe('same');
      expect(changeOf(one, { at: [0, 5], status: status === 'lost' ? 'skipped' : 'lost' })).toBe('not_comparable');
    }
    expect(changeOf({ ...failed, at: [0, 20] }, failed)).toBe('slower');
  });

  it('leaves out what may have a counterpart among those that were cut off', () => {
    const tree = { at: [0, 9], children: [{ at: [0, 9] }, { at: [0, 9] }, { at: [0, 9] }] } as const;
    const comparison = compare(treeOf(tree), treeOf(tree, 2));
    expect(linesOf(comparison)).toEqual([
      [1, 1, 'same'],
      [2, 2, 'same'],
    ]);
    expect(comparison.truncatedAtDepth).toBe(1);
  });

  describe('of any trees', () => {
    it('speaks of each execution once, and pairs like with like below a pair', () => {
      fc.assert(
        fc.property(arbitraryTree(), arbitraryTree(), (a, b) => {
          const { entries, summary } = compare(a, b);
          const ids = (side: 'a' | 'b') => sorted(entries.flatMap((entry) => entry[side]?.id ?? []));
          expect(ids('a')).toEqual(sorted(a.nodes.map(({ id }) => id)));
          expect(ids('b')).toEqual(sorted(b.nodes.map(({ id }) => id)));
          expect(Object.values(summary).reduce((sum, count) => sum + count)).toBe(entries.length);
          const counterpart = new Map(entries.map((entry) => [entry.a?.id, entry.b?.id]));
          for (const pair of entries.slice(1).filter((entry) => entry.a && entry.b)) {
            expect(pair.a?.row.pipeline_id).toBe(pair.b?.row.pipeline_id);
            expect(counterpart.get(pair.a?.row.parent_id ?? undefined)).toBe(pair.b?.row.parent_id);
          }
        }),
      );
    });

    it('says the opposite the other way round', () => {
      fc.assert(
        fc.property(arbitraryTree(), arbitraryTree(), (a, b) => {
          const [there, back] = [compare(a, b).summary, compare(b, a).summary];
          expect(back).toEqual({
            ...there,
            added: there.removed,
            removed: there.added,
            failed_here: there.failed_there,
            failed_there: there.failed_here,
            slower: there.faster,
            faster: there.slower,
          });
        }),
      );
    });

    it('finds nothing in a tree and itself, however it is cut', () => {
      fc.assert(
        fc.property(arbitraryTree(25, 10), (tree) => {
          const { same, running } = compare(tree, tree).summary;
          expect(same + running).toBe(tree.nodes.length);
        }),
      );
    });
  });
});
