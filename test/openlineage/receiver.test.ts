import { readFileSync } from 'node:fs';
import { expectExactClosure } from '../support/closure.js';
import { type Json, Watcher } from '../support/watcher.js';

/** The events that a client sent, one a line. */
function recorded(name: string): Json[] {
  const text = readFileSync(new URL(`./events/${name}.jsonl`, import.meta.url), 'utf8');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

/** What the events came to. */
async function figures({ database }: Watcher): Promise<Json> {
  const states: Json[] = await database.sql(
    `SELECT status, count(*)::int AS n FROM pipeline_execution GROUP BY status`,
  );
  const [counts]: Json[] = await database.sql(`
    SELECT (SELECT count(*)::int FROM pipeline_execution WHERE status <> 'expected') AS runs,
           (SELECT count(*)::int FROM pipeline_execution WHERE status = 'expected') AS placeholders,
           (SELECT count(*)::int FROM pipeline) AS pipelines,
           (SELECT count(*)::int FROM pipeline_execution WHERE parent_id IS NULL) AS roots,
           (SELECT count(*)::int FROM pipeline_execution_closure) AS closure,
           (SELECT max(depth) FROM pipeline_execution_closure) AS depth,
           (SELECT count(*)::int FROM address) AS datasets,
           (SELECT count(*)::int FROM address_edge WHERE removed_at IS NULL) AS edges,
           (SELECT count(DISTINCT (i.dataset_id, o.dataset_id, e.pipeline_id))::int
              FROM execution_dataset i
              JOIN execution_dataset o ON o.execution_id = i.execution_id AND o.dataset_id <> i.dataset_id
              JOIN pipeline_execution e ON e.id = i.execution_id
             WHERE i.io = 'I' AND o.io = 'O') AS pairs,
           (SELECT count(*)::int FROM execution_dataset) AS uses,
           (SELECT sum(total_rows)::int FROM pipeline_execution) AS rows,
           (SELECT count(*)::int FROM pipeline_execution WHERE next_watermark IS NOT NULL) AS nominal`);
  const causes: Json[] = await database.sql(`
    SELECT p.name
      FROM pipeline_execution root
     CROSS JOIN LATERAL watcher_root_causes_of(ARRAY[root.id]) cause
      JOIN pipeline p ON p.id = cause.pipeline_id
     WHERE root.parent_id IS NULL
     ORDER BY p.name`);
  return {
    ...counts,
    states: Object.fromEntries(states.map(({ status, n }) => [status, n])),
    causes: causes.map(({ name }) => name),
  };
}

/** Counted by hand and by an independent fold of the events. */
const EXPECTED: Record<string, Json> = {
  airflow_live: {
    runs: 16,
    placeholders: 0,
    pipelines: 6,
    roots: 2,
    closure: 30,
    depth: 1,
    datasets: 0,
    edges: 0,
    pairs: 0,
    uses: 0,
    rows: null,
    nominal: 8,
    states: { succeeded: 10, failed: 6 },
    causes: ['nightly.bad', 'nightly.bad'],
  },
  dbt_structured: {
    runs: 43,
    placeholders: 0,
    pipelines: 43,
    roots: 1,
    closure: 118,
    depth: 2,
    datasets: 9,
    // Of the pairs that runs read and wrote, those of successful runs.
    edges: 4,
    pairs: 8,
    uses: 17,
    rows: null,
    nominal: 0,
    states: { succeeded: 38, failed: 2, aborted: 3 },
    causes: ['test.shop.not_null_stg_orders_amount.2546645448'],
  },
  spark_batch: {
    runs: 5,
    placeholders: 2,
    pipelines: 7,
    roots: 1,
    closure: 22,
    depth: 3,
    datasets: 3,
    edges: 1,
    pairs: 2,
    uses: 6,
    rows: 1007,
    nominal: 0,
    states: { succeeded: 3, failed: 1, running: 1, expected: 2 },
    causes: ['shop_etl.execute_insert_into_hadoop_fs_relation_command.out_c'],
  },
};

describe('events that real clients sent', () => {
  let watcher: Watcher;
  beforeEach(async () => {
    watcher = await Watcher.start();
  });
  afterEach(() => watcher.stop());

  it.each(Object.keys(EXPECTED))('%s, one by one', async (name) => {
    for (const event of recorded(name)) {
      const { status, body } = await watcher.post('/api/v1/lineage', event);
      expect({ status, id: typeof body.execution_id }).toEqual({ status: 200, id: 'number' });
    }
    expect(await figures(watcher)).toEqual(EXPECTED[name]);
    await expectExactClosure(watcher.database);
  });

  it.each(Object.keys(EXPECTED))('%s, backwards and twice, in a batch', async (name) => {
    const events = recorded(name).toReversed();
    for (const batch of [events, events]) {
      const { status, body } = await watcher.post('/api/v1/lineage/batch', batch);
      expect({ status, body }).toMatchObject({ status: 200, body: { status: 'success', failed_events: [] } });
      expect(await figures(watcher)).toEqual(EXPECTED[name]);
    }
    await expectExactClosure(watcher.database);
  });
});

describe('WATCHER_OPENLINEAGE=off', () => {
  it('leaves the receiver out', async () => {
    const watcher = await Watcher.start({ openlineage: false });
    for (const path of ['/api/v1/lineage', '/api/v1/lineage/batch']) {
      expect((await watcher.post(path, {})).status).toBe(404);
    }
    expect((await watcher.get('/docs-json')).body.paths).not.toHaveProperty('/api/v1/lineage');
    await watcher.stop();
  });
});
