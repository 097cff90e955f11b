import type { Timeline } from '../api/types.ts';
import { revealed, stateOf, visibleRows } from './rows.ts';
import { boxOf, evenScale, foldedScale, moved, placeOf, ticks, timeAt, WHOLE, zoomed } from './scale.ts';
import { above, merge, nameAt, spanOf, statusAt, toTree } from './tree.ts';

const MINUTE = 60_000;
const at = (minutes: number): string => new Date(minutes * MINUTE).toISOString();

/** An answer with nodes given as id, parent, pipeline, start and duration in minutes (null while it runs), and status. */
function answer(
  nodes: readonly (readonly [number, number | null, number, number, number | null, Timeline['status'][number]])[],
  complete = true,
): Timeline {
  const pipelines = [...new Set(nodes.map(([, , pipeline]) => pipeline))];
  return {
    as_of: at(0),
    cursor: 'c',
    complete,
    truncated: false,
    truncated_at_depth: null,
    id: nodes.map(([id]) => id),
    parent: nodes.map(([, parent]) => parent),
    pipeline: nodes.map(([, , pipeline]) => pipeline),
    start: nodes.map(([, , , start]) => at(start)),
    ms: nodes.map(([, , , , minutes]) => minutes && minutes * MINUTE),
    status: nodes.map(([, , , , , status]) => status),
    rows: nodes.map(() => null),
    deadline: nodes.map(() => null),
    pipelines: { id: pipelines, name: pipelines.map((id) => `p${id}`), usual_ms: pipelines.map(() => 5 * MINUTE) },
  };
}

const SMALL = answer([
  [1, null, 1, 0, 10, 'failed'],
  [2, 1, 2, 5, 5, 'failed'],
  [3, 1, 3, 0, 4, 'succeeded'],
  [4, 2, 4, 6, 2, 'failed'],
]);

describe('a tree', () => {
  it('is drawn depth first, siblings by start', () => {
    const tree = toTree(merge(undefined, SMALL), 1);
    expect([...tree.id.subarray(0, tree.size)]).toEqual([1, 3, 2, 4]);
    expect([...tree.depth.subarray(0, tree.size)]).toEqual([0, 1, 1, 2]);
    expect([...tree.below.subarray(0, tree.size)]).toEqual([4, 1, 2, 1]);
    expect(above(tree, 3)).toEqual([2, 0]);
    expect([nameAt(tree, 1), statusAt(tree, 1)]).toEqual(['p3', 'succeeded']);
    expect(spanOf(tree, 0)).toEqual({ from: 0, to: 10 * MINUTE });
  });

  it('takes changes by id, and a whole tree in place of what was known', () => {
    const known = merge(undefined, SMALL);
    const changed = merge(
      known,
      answer(
        [
          [2, 1, 2, 5, 6, 'succeeded'],
          [5, 3, 3, 1, null, 'running'],
        ],
        false,
      ),
    );
    const tree = toTree(changed, 1);
    expect([...tree.id.subarray(0, tree.size)]).toEqual([1, 3, 5, 2, 4]);
    expect(statusAt(tree, tree.positionOf.get(2) ?? -1)).toBe('succeeded');
    expect(toTree(merge(known, answer([[1, null, 1, 0, 1, 'succeeded']])), 1).size).toBe(1);
    expect(merge(known, answer([], false)).ids).toBe(known.ids);
  });

  it('shows the part below an execution alone', () => {
    const tree = toTree(merge(undefined, SMALL), 2);
    expect([...tree.id.subarray(0, tree.size)]).toEqual([2, 4]);
  });

  it('leaves room for the usual end of a running one', () => {
    const tree = toTree(merge(undefined, answer([[1, null, 1, 0, null, 'running']])), 1);
    expect(spanOf(tree, 4 * MINUTE).to).toBe(5 * MINUTE);
    expect(spanOf(tree, MINUTE).to).toBe(1.5 * MINUTE);
    expect(spanOf(tree, 9 * MINUTE).to).toBe(9 * MINUTE);
  });
});

describe('rows', () => {
  const many = answer([
    [1, null, 1, 0, 10, 'succeeded'],
    ...Array.from({ length: 30 }, (_, n) => [10 + n, 1, 2, n / 10, 1, 'succeeded'] as const),
    [99, 1, 3, 9, 1, 'succeeded'],
  ]);
  const folding = { closed: new Set<number>(), opened: new Set<string>(), folds: true };

  it('fold more than 20 siblings of one pipeline', () => {
    const tree = toTree(merge(undefined, many), 1);
    const rows = visibleRows(tree, folding);
    expect([...rows.at]).toEqual([0, -1, tree.positionOf.get(99)]);
    expect(rows.groups[0]?.members).toHaveLength(30);
    expect([stateOf({ tree, rows }, 0), stateOf({ tree, rows }, 1), stateOf({ tree, rows }, 2)]).toEqual([
      true,
      false,
      undefined,
    ]);
    expect(visibleRows(tree, { ...folding, folds: false }).count).toBe(32);
  });

  it('open what is needed to show a node', () => {
    const tree = toTree(merge(undefined, many), 1);
    const hidden = tree.positionOf.get(15) ?? -1;
    const rows = visibleRows(tree, revealed(tree, hidden, { ...folding, closed: new Set([1]) }));
    expect(rows.rowOf[hidden]).toBeGreaterThan(0);
    expect(rows.count).toBe(33);
  });

  it('leave out what is below a closed node', () => {
    const tree = toTree(merge(undefined, SMALL), 1);
    expect(visibleRows(tree, { ...folding, closed: new Set([2]) }).count).toBe(3);
    expect(visibleRows(tree, { ...folding, closed: new Set([1]) }).count).toBe(1);
  });
});

describe('the scale', () => {
  it('folds long times without any leaf at work', () => {
    const tree = toTree(
      merge(
        undefined,
        answer([
          [1, null, 1, 0, 100, 'succeeded'],
          [2, 1, 2, 0, 10, 'succeeded'],
          [3, 1, 2, 90, 10, 'succeeded'],
        ]),
      ),
      1,
    );
    const scale = foldedScale(tree, 0, 100 * MINUTE, 0);
    expect(scale.idle).toEqual([[10 * MINUTE, 90 * MINUTE]]);
    expect(placeOf(scale, 10 * MINUTE)).toBeCloseTo(0.4717, 3);
    expect(placeOf(scale, 100 * MINUTE)).toBe(1);
    for (const place of [0, 0.2, 0.5, 0.9, 1]) expect(placeOf(scale, timeAt(scale, place))).toBeCloseTo(place, 9);
  });

  it('zooms around a place and stays within the whole', () => {
    const view = zoomed(WHOLE, 0.5, 0.25);
    expect([view.from, view.to]).toEqual([0.125, 0.625]);
    expect(moved(view, -1)).toEqual({ from: 0, to: 0.5 });
    expect(moved(view, 5)).toEqual({ from: 0.5, to: 1 });
    expect(zoomed(view, 100)).toEqual(WHOLE);
  });

  it('has round ticks, and boxes in percent', () => {
    expect(ticks(0, 10 * MINUTE, 6)).toEqual([0, 2, 4, 6, 8, 10].map((minutes) => minutes * MINUTE));
    const scale = evenScale(0, 100);
    expect(boxOf(scale, WHOLE, 25, 75)).toEqual({ left: 25, width: 50 });
    expect(boxOf(scale, { from: 0.5, to: 1 }, 0, 40)).toBeNull();
  });
});
