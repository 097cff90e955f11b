import fc from 'fast-check';
import { CORPORA, eventsOf } from './corpora.js';
import { eventsOfForest, FORESTS } from './forests.js';
import { fold, type Folded } from './oracle.js';

/** Counted by hand and by script from the recorded events, independently of this project. */
const FIGURES = {
  airflow_live: {
    events: 32,
    runs: 16,
    expected: 0,
    pipelines: 6,
    roots: 2,
    closure: 30,
    depth: 1,
    states: { succeeded: 10, failed: 6 },
    rootCauses: ['nightly.bad', 'nightly.bad'],
    superseded: ['nightly.flaky', 'nightly.flaky'],
    lineage: [0, 0, 0],
    rows: 0,
    nominal: 8,
  },
  dbt_structured: {
    events: 86,
    runs: 43,
    expected: 0,
    pipelines: 43,
    roots: 1,
    closure: 118,
    depth: 2,
    states: { succeeded: 38, failed: 2, aborted: 3 },
    rootCauses: ['test.shop.not_null_stg_orders_amount.2546645448'],
    superseded: [],
    lineage: [9, 8, 17],
    rows: 0,
    nominal: 0,
  },
  spark_batch: {
    events: 16,
    runs: 7,
    expected: 2,
    pipelines: 7,
    roots: 1,
    closure: 22,
    depth: 3,
    states: { succeeded: 3, failed: 1, running: 1, expected: 2 },
    rootCauses: ['shop_etl.execute_insert_into_hadoop_fs_relation_command.out_c'],
    superseded: [],
    lineage: [3, 2, 6],
    rows: 1007,
    nominal: 0,
  },
} as const;

function figuresOf(folded: Folded, events: number) {
  const { runs, pipelines, closure, datasets, edges, uses, rootCauses } = folded;
  const nameOf = (id: string): string => runs.find(({ runId }) => runId === id)?.pipeline.split('\n')[1] ?? '';
  const count = (state: string): number => runs.filter((run) => run.state === state).length;
  const states = [...new Set(runs.map(({ state }) => state))];
  return {
    events,
    runs: runs.length,
    expected: count('expected'),
    pipelines: pipelines.length,
    roots: runs.filter(({ parent }) => parent === null).length,
    closure: closure.length,
    depth: Math.max(...closure.map((row) => Number(row.split(' ')[2]))),
    states: Object.fromEntries(states.map((state) => [state, count(state)])),
    rootCauses: rootCauses.map(nameOf),
    superseded: runs.flatMap(({ runId, superseded }) => (superseded ? nameOf(runId) : [])),
    lineage: [datasets.length, edges.length, uses.length],
    rows: runs.reduce((sum, { rows }) => sum + (rows ?? 0), 0),
    nominal: runs.filter(({ watermark }) => watermark !== null).length,
  };
}

describe('the fold that the receiver is compared with', () => {
  it.each(CORPORA)('comes to the figures of %s', (corpus) => {
    const events = eventsOf(corpus);
    expect(figuresOf(fold(events), events.length)).toEqual(FIGURES[corpus]);
  });

  it.each(CORPORA)('does not depend on the order of %s', (corpus) => {
    const events = eventsOf(corpus);
    expect(fold([...events.toReversed(), ...events])).toMatchObject({ runs: fold(events).runs });
  });

  it('lets a failure win over a later success, and a later START over both', () => {
    const run = (eventType: string, at: number) => ({
      eventType,
      eventTime: `2026-01-01T00:00:0${at}Z`,
      run: { runId: '00000000-0000-4000-8000-000000000001' },
      job: { namespace: 'n', name: 'j' },
    });
    const stateOf = (...events: readonly [string, number][]) =>
      fold(events.map(([type, at]) => run(type, at))).runs.map(({ state, start, end }) => [state, start % 10_000, end && end % 10_000]); // prettier-ignore
    expect(stateOf(['START', 1], ['FAIL', 2], ['COMPLETE', 3])).toEqual([['failed', 1000, 2000]]);
    expect(stateOf(['START', 1], ['FAIL', 2], ['START', 3], ['COMPLETE', 4])).toEqual([['succeeded', 1000, 4000]]);
    expect(stateOf(['COMPLETE', 2], ['START', 3])).toEqual([['running', 3000, null]]);
    expect(stateOf(['ABORT', 1], ['START', 1])).toEqual([['aborted', 1000, 1000]]);
    expect(stateOf(['OTHER', 5])).toEqual([['expected', 5000, 5000]]);
  });
});

describe('the forests that the receiver is tried with', () => {
  const base = Date.parse('2026-01-01T00:00:00Z');

  it('come to the same in any order', () => {
    fc.assert(
      fc.property(FORESTS, fc.integer({ min: 1 }), (forest, step) => {
        const events = eventsOfForest(forest, 1, base);
        const shuffled = events
          .map((event, index) => [(index * 7919 * step) % 104_729, event] as const)
          .toSorted(([a], [b]) => a - b)
          .map(([, event]) => event);
        const [one, other] = [fold(events), fold([...shuffled, ...events.slice(0, 3)])];
        const sorted = (rows: readonly unknown[]): string[] => rows.map((row) => JSON.stringify(row)).toSorted();
        expect(other.runs).toEqual(one.runs);
        expect(sorted(other.uses)).toEqual(sorted(one.uses));
        expect(sorted(other.edges)).toEqual(sorted(one.edges));
        expect(sorted(other.pipelines)).toEqual(sorted(one.pipelines));
      }),
      { numRuns: 100 },
    );
  });

  it('have all that the rules are about', () => {
    const folds = fc.sample(FORESTS, { numRuns: 400, seed: 1 }).map((forest) => fold(eventsOfForest(forest, 1, base)));
    const runs = folds.flatMap((folded) => folded.runs);
    const share = (of: readonly unknown[]): number => of.length / runs.length;
    for (const state of ['expected', 'running', 'succeeded', 'failed', 'aborted']) {
      expect({ state, share: share(runs.filter((run) => run.state === state)) > 0.03 }).toEqual({ state, share: true });
    }
    expect(share(runs.filter(({ superseded }) => superseded))).toBeGreaterThan(0.005);
    expect(share(runs.filter(({ refused }) => refused))).toBeGreaterThan(0.005);
    expect(share(runs.filter(({ parent }) => parent !== null))).toBeGreaterThan(0.3);
    expect(folds.filter(({ forgotten }) => forgotten.length > 0).length).toBeGreaterThan(10);
    expect(folds.filter(({ edges }) => edges.some(({ made }) => made)).length).toBeGreaterThan(10);
    expect(Math.max(...folds.flatMap(({ closure }) => closure.map((row) => Number(row.split(' ')[2]))))).toBe(6);
  });
});
