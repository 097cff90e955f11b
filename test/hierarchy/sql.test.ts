import { readFile } from 'node:fs/promises';
import { at, plant } from '../support/plant.js';
import { type Json, Watcher } from '../support/watcher.js';

const FIXED_IDS = { top: 123, other: 456 };

describe('docs/sql.md', () => {
  let watcher: Watcher;
  let text: string;
  let queries: Map<string, string>;
  const { top, other } = FIXED_IDS;

  beforeAll(async () => {
    text = await readFile(new URL('../../docs/sql.md', import.meta.url), 'utf8');
    queries = new Map(
      [...text.matchAll(/<!-- test: (\w+) -->\n+```sql\n(.*?)```/gs)].map(([, name, sql]) => [name ?? '', sql ?? '']),
    );
    expect(queries.size).toBe([...text.matchAll(/^```sql$/gm)].length);

    watcher = await Watcher.start();
    const [nightly, extract, load, check] = await Promise.all(
      ['Nightly', 'Extract', 'Load', 'Check'].map((name) => watcher.pipeline(name)),
    );
    const ids = { nightly: nightly ?? 0, extract: extract ?? 0, load: load ?? 0, check: check ?? 0 };
    await plant(watcher.database, [
      { id: 100, pipelineId: ids.load, start: -500, end: -440 },
      { id: top, pipelineId: ids.nightly, start: 0, end: 600, failed: true },
      { id: 124, parentId: top, pipelineId: ids.extract, start: 0, end: 201 },
      { id: 125, parentId: top, pipelineId: ids.load, start: 200, end: 590, failed: true },
      { id: 126, parentId: top, pipelineId: ids.load, start: 300, end: 400 },
      { id: 127, parentId: 124, pipelineId: ids.check, start: -20, end: 150, failed: true },
      { id: 128, parentId: 124, pipelineId: ids.check, start: 150, end: 700 },
      { id: 129, parentId: 126, pipelineId: ids.check, start: 320, end: 320 },
      { id: 130, parentId: 126, pipelineId: ids.load, start: 350 },
      { id: other, pipelineId: ids.nightly, start: 0 },
      { id: 457, parentId: other, pipelineId: ids.extract, start: 0, end: 100 },
      { id: 458, parentId: 457, pipelineId: ids.check, start: 0, end: 50 },
      { id: 459, parentId: other, pipelineId: ids.load, start: 100 },
    ]);
  });
  afterAll(() => watcher.stop());

  const run = (name: string, subject = top): Promise<Json[]> => {
    const sql = queries.get(name);
    if (sql === undefined) throw new Error(`docs/sql.md has no query ${name}`);
    return watcher.database.sql(sql.replaceAll(/\b123\b/g, String(subject)));
  };
  const ask = async (path: string): Promise<Json> => (await watcher.get(`/pipeline_execution/${path}`)).body;
  /** Values of type numeric arrive as text. */
  const numbers = (row: Json, keys: readonly string[]): number[] => keys.map((key) => Number(row[key]));

  it('has the published queries', async () => {
    expect(new Set((await run('children')).map(({ id }) => id))).toEqual(new Set([124, 125, 126]));
    for (const name of ['downstream', 'downstream_by_array']) {
      expect(new Set((await run(name)).map(({ id }) => id))).toEqual(new Set([124, 125, 126, 127, 128, 129, 130]));
    }
    for (const name of ['upstream', 'upstream_by_array']) {
      const sql = queries.get(name)?.replace('456', '130') ?? '';
      expect(new Set((await watcher.database.sql(sql)).map(({ id }) => id))).toEqual(new Set([top, 126]));
    }
  });

  it('shows lineage', async () => {
    const pipeline = 1;
    const lists = { inputs: [{ name: 'raw' }], outputs: [{ name: 'clean' }] };
    const put = (path: string, body: unknown): Promise<Json> =>
      watcher.send('PUT', path, JSON.stringify(body), { 'content-type': 'application/json' });
    await put(`/pipeline/${pipeline}/lineage`, lists);
    await put('/pipeline_execution/123/lineage', { inputs: [], outputs: [{ name: 'raw', rows: 3 }] });
    expect(await run('lineage_of_pipeline')).toMatchObject([
      { source: 'raw', target: 'clean', target_type: 'dataset', target_group: 'other', declared: true },
    ]);
    expect(await run('lineage_downstream')).toEqual([
      { depth: 1, target_address_id: 2, name: 'clean', lineage_path: [1, 2] },
    ]);
    expect(await run('lineage_writers')).toMatchObject([{ execution_id: top, rows: 3 }]);
  });

  it('lists the runs of a pipeline and what ran by day', async () => {
    expect(await run('last_runs')).toMatchObject([
      { id: other, status: 'running', duration_seconds: null },
      { id: top, status: 'failed', duration_seconds: 600, throughput: null },
    ]);
    await watcher.end(await watcher.begin(1), { total_rows: 5 });
    expect(await run('by_day')).toMatchObject([{ executions: 1, failed: 0, total_rows: '5' }]);
    const days = await run('pipeline_days');
    expect(days.map(({ executions }) => Number(executions)).reduce((sum, one) => sum + one, 0)).toBeGreaterThanOrEqual(
      2,
    );
    expect(await run('daily_report')).toMatchObject([{ total_executions: 1, daily_total_rows: '5' }]);
  });

  it('finds the root causes that the API finds', async () => {
    const causes = await ask(`${top}/root_cause`);
    expect(causes).toHaveLength(2);
    expect(await run('root_cause')).toMatchObject(
      causes.map(({ id, depth, path }: Json) => ({
        id,
        depth,
        path: path.map((step: Json) => step.pipeline_name).join(' > '),
      })),
    );
  });

  it.each([top, other])('finds what blocks as the API does (%i)', async (id) => {
    const blocking = await ask(`${id}/blocking`);
    expect(blocking).toHaveLength(1);
    const found = await run('blocking', id);
    expect(found).toMatchObject(
      blocking.map((item: Json) => ({
        id: item.id,
        depth: item.depth,
        typical_duration_seconds: item.typical_duration_seconds,
        expected_remaining_seconds: 0,
      })),
    );
  });

  it('sums up as the API does', async () => {
    const { groups } = await ask(`${top}/rollup?by=pipeline`);
    const keys = ['pipeline_id', 'executions', 'succeeded', 'failed', 'running', 'total_rows'];
    const rows = await run('rollup');
    expect(rows.map((row) => numbers(row, keys))).toEqual(groups.map((group: Json) => numbers(group, keys)));
    // The running ones count up to the time of each response, which differs.
    const settled = (row: Json): boolean => Number(row.running) === 0;
    const times = ['total_seconds', 'self_seconds', 'max_seconds'];
    expect(rows.filter(settled).map((row) => numbers(row, times))).toEqual(
      groups.filter(settled).map((group: Json) => numbers(group, times)),
    );
    expect(rows.reduce((sum, row) => sum + Number(row.share), 0)).toBeCloseTo(100, 6);
  });

  it('finds the critical path that the API finds', async () => {
    const { segments } = await ask(`${top}/critical_path`);
    const seconds = new Map<number, number>();
    for (const { execution_id: id, seconds: part } of segments) seconds.set(id, (seconds.get(id) ?? 0) + part);
    const rows = await run('critical_path');
    expect(new Map(rows.filter((row) => row.seconds > 0).map((row) => [row.id, row.seconds]))).toEqual(seconds);
    expect(rows.reduce((sum, row) => sum + row.seconds, 0)).toBe(600);
  });

  it('lays the pairs side by side that the API does', async () => {
    const { entries } = await ask(`${top}/compare/${other}`);
    const pair = (a?: number | null, b?: number | null): string => `${a ?? '-'} ${b ?? '-'}`;
    const rows = await run('compare');
    expect(rows.map((row) => pair(row.this_id, row.other_id)).sort()).toEqual(
      entries.map((entry: Json) => pair(entry.execution?.execution_id, entry.other?.execution_id)).sort(),
    );
    expect(rows.find((row) => row.this_id === 124)).toMatchObject({ other_id: 457, ratio: 2.01 });
  });

  it('names every view, and the database explains each of their columns', async () => {
    const views = await watcher.database.sql(
      `SELECT c.relname AS view, obj_description(c.oid) AS comment, a.attname AS "column", col_description(c.oid, a.attnum) AS meaning
         FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'v' AND c.relname LIKE 'v\\_%'`,
    );
    expect([...new Set(views.map(({ view }) => view))].filter((view) => !text.includes(`\`${view}\``))).toEqual([]);
    expect(views.filter(({ comment, meaning }) => !comment || !meaning)).toEqual([]);
  });

  it('shows an execution as the API does', async () => {
    const id = await watcher.begin(1, {
      start_date: at(0),
      external_id: 'x',
      execution_metadata: { a: 1 },
      watermark: 'w',
    });
    await watcher.end(id, { end_date: at(8), total_rows: 12, inserts: 3, updates: 4, soft_deletes: 5 });
    const [execution] = (await watcher.get('/pipeline_execution?limit=1000')).body.filter((e: Json) => e.id === id);
    const [row] = await watcher.database.sql('SELECT to_jsonb(v) AS v FROM v_execution v WHERE id = $1', [id]);
    expect({
      ...row?.['v'],
      start_date: new Date(row?.['v'].start_date).toISOString(),
      end_date: new Date(row?.['v'].end_date).toISOString(),
    }).toEqual({
      ...execution,
      pipeline_type_id: expect.any(Number),
      pipeline_type_name: 'test',
      date_recorded: '2026-01-31',
    });
  });
});
