import fc from 'fast-check';
import { plant, type Planted } from '../support/plant.js';
import { type Json, Watcher } from '../support/watcher.js';

/** Trees of any shape, in any state; `above` gives the position of the parent among the earlier executions. */
const TREES = fc.array(
  fc.record({
    above: fc.nat(),
    pipeline: fc.nat(2),
    start: fc.integer({ min: 0, max: 100 }),
    length: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined, freq: 4 }),
    failed: fc.boolean(),
    status: fc.option(fc.constantFrom('expected', 'aborted', 'skipped', 'lost'), { nil: undefined, freq: 1 }),
    rows: fc.nat(1000),
  }),
  { minLength: 1, maxLength: 30 },
);

describe('what is answered of any tree', () => {
  let watcher: Watcher;
  let pipelines: number[];
  let planted = 0;

  beforeAll(async () => {
    watcher = await Watcher.start();
    pipelines = await Promise.all(['A', 'B', 'C'].map((name) => watcher.pipeline(name)));
  });
  afterAll(() => watcher.stop());

  /** Queries a new tree, with all its executions as returned by `/downstream` and by the execution itself. */
  const ofAnyTree = (check: (top: number, nodes: Json[]) => Promise<void>): Promise<void> =>
    fc.assert(
      fc.asyncProperty(TREES, async (tree) => {
        const top = planted + 1;
        planted += tree.length;
        await plant(
          watcher.database,
          tree.map(({ above, pipeline, start, length, failed, status, rows }, index): Planted => ({
            id: top + index,
            parentId: index === 0 ? undefined : top + (above % index),
            pipelineId: pipelines[pipeline] ?? 0,
            start,
            ...(length !== undefined && { end: start + length }),
            failed,
            status,
            rows,
          })),
        );
        const { body } = await watcher.get(`/pipeline_execution/${top}`);
        await check(top, [body, ...(await watcher.all(`/pipeline_execution/${top}/downstream`))]);
      }),
      { numRuns: 25 },
    );
  const ask = async (id: number, question: string): Promise<Json> =>
    (await watcher.get(`/pipeline_execution/${id}/${question}`)).body;
  const sum = (items: Json[], field: string): number => items.reduce((total, item) => total + (item[field] ?? 0), 0);
  /** The ids of the executions in a state without a descendant in it, by a direct search. */
  const lowest = (nodes: Json[], status: string, by: string): number[] => {
    const parents = new Map(nodes.map(({ id, parent_id: parent }) => [id, parent]));
    const isBelow = (id: number, ancestor: number): boolean => {
      const parent = parents.get(id);
      return parent === ancestor || (parent != null && isBelow(parent, ancestor));
    };
    const inState = nodes.filter((node) => node.status === status);
    return inState
      .filter(({ id }) => !inState.some((other) => isBelow(other.id, id)))
      .sort((a, b) => Date.parse(a[by]) - Date.parse(b[by]) || a.id - b.id)
      .map(({ id }) => id);
  };

  it('has root causes and blocking executions as they are defined', () =>
    ofAnyTree(async (top, nodes) => {
      const causes = await ask(top, 'root_cause');
      expect(causes.map(({ id }: Json) => id)).toEqual(lowest(nodes, 'failed', 'end_date'));
      for (const { id, depth, path } of causes) {
        expect(path).toHaveLength(depth + 1);
        expect([path[0].id, path.at(-1).id]).toEqual([top, id]);
      }
      const blocking = await ask(top, 'blocking');
      expect(blocking.map(({ id }: Json) => id)).toEqual(lowest(nodes, 'running', 'start_date'));
    }));

  it.each(['pipeline', 'pipeline_type', 'depth'])('has a rollup by %s that sums /downstream and itself up', (by) =>
    ofAnyTree(async (top, nodes) => {
      const { whole, groups } = await ask(top, `rollup?by=${by}`);
      const settled = nodes.every(({ status }) => status !== 'running');
      for (const figures of [whole, { ...whole, ...sums(groups) }]) {
        expect(figures.executions).toBe(nodes.length);
        expect(figures.failed).toBe(nodes.filter(({ status }) => status === 'failed').length);
        expect(figures.total_rows).toBe(sum(nodes, 'total_rows'));
        if (settled) expect(figures.total_seconds).toBeCloseTo(sum(nodes, 'duration_seconds'), 6);
      }
    }),
  );
  const sums = (groups: Json[]): Json =>
    Object.fromEntries(
      ['executions', 'failed', 'total_rows', 'total_seconds'].map((field) => [field, sum(groups, field)]),
    );

  it('has a critical path that adds up to the duration, and to 100 %', () =>
    ofAnyTree(async (top) => {
      const { segments, duration_seconds: duration } = await ask(top, 'critical_path');
      expect(sum(segments, 'seconds')).toBeCloseTo(duration, 6);
      expect(duration === 0 ? 100 : sum(segments, 'percent')).toBeCloseTo(100, 3);
    }));
});
