import { eventually } from '../support/eventually.js';
import { plant } from '../support/plant.js';
import { type Json, Watcher } from '../support/watcher.js';

const DAY = 86_400;

let watcher: Watcher;
let pipeline: number;

beforeAll(async () => {
  watcher = await Watcher.start();
  pipeline = await watcher.pipeline('By day');
  await plant(watcher.database, [
    { id: 1, pipelineId: pipeline, start: 0, end: 60, rows: 100 },
    { id: 2, pipelineId: pipeline, start: 60, end: 180, failed: true },
    { id: 3, pipelineId: pipeline, start: 43_199, end: 43_199, rows: 5 },
    { id: 4, pipelineId: pipeline, start: 43_200 },
    { id: 5, pipelineId: pipeline, start: DAY, end: DAY + 10, status: 'skipped' },
    { id: 6, pipelineId: pipeline, start: 3 * DAY, end: 3 * DAY + 1, status: 'aborted' },
  ]);
});
afterAll(() => watcher.stop());

const days = async (query = ''): Promise<Json[]> => watcher.all(`/pipeline/${pipeline}/days${query}`);

describe('GET /pipeline/{id}/days', () => {
  it('sums the executions by the UTC date of their start, newest day first', async () => {
    const found = await days();
    expect(found.map(({ day }) => day)).toEqual(['2026-02-03', '2026-02-01', '2026-01-31']);
    expect(found[2]).toEqual({
      pipeline_id: pipeline,
      day: '2026-01-31',
      executions: 3,
      succeeded: 2,
      failed: 1,
      aborted: 0,
      skipped: 0,
      lost: 0,
      open: 0,
      total_rows: 105,
      inserts: 0,
      updates: 0,
      soft_deletes: 0,
      total_seconds: 180,
      max_seconds: 120,
    });
    expect(found[1]).toMatchObject({ executions: 2, skipped: 1, open: 1, total_seconds: 10 });
    expect(found[0]).toMatchObject({ executions: 1, aborted: 1, open: 0 });
  });

  it('takes a range of days, both included, and pages', async () => {
    const dates = async (query: string): Promise<string[]> => (await days(query)).map(({ day }) => day);
    expect(await dates('?from=2026-02-01')).toEqual(['2026-02-03', '2026-02-01']);
    expect(await dates('?to=2026-02-01')).toEqual(['2026-02-01', '2026-01-31']);
    expect(await dates('?from=2026-02-01&to=2026-02-02&limit=1')).toEqual(['2026-02-01']);
    expect(await dates('?limit=1')).toEqual(['2026-02-03', '2026-02-01', '2026-01-31']);
    expect(await dates('?to=9999-12-31&limit=2')).toHaveLength(3);
    expect(await dates('?to=1970-01-01')).toEqual([]);
  });

  it('refuses what is no date, and an unknown pipeline', async () => {
    for (const query of ['from=2026-02-30', 'to=yesterday', 'from=1969-12-31', 'to=2026-01-31T00:00:00Z']) {
      const { status, body } = await watcher.get(`/pipeline/${pipeline}/days?${query}`);
      expect([query, status, body.code]).toEqual([query, 422, 'validation_failed']);
    }
    expect((await watcher.get('/pipeline/999999/days')).body.code).toBe('pipeline_not_found');
  });

  it('adds what was stored of deleted executions to the rest, also in the views', async () => {
    await watcher.database.sql(
      `INSERT INTO pipeline_day SELECT $1, d::date, 2, 1, 1, 0, 0, 0, 10, 9, 1, 0, 30, 200, 0, 0, 1, 0, 0
         FROM unnest(ARRAY['2026-01-31', '2026-01-01']) AS d`,
      [pipeline],
    );
    const found = await days();
    expect(found.map(({ day }) => day)).toEqual(['2026-02-03', '2026-02-01', '2026-01-31', '2026-01-01']);
    expect(found[2]).toMatchObject({ executions: 5, succeeded: 3, failed: 2, total_rows: 115, max_seconds: 200 });
    expect(found[3]).toMatchObject({ executions: 2, inserts: 9, total_seconds: 30 });
    const inView = await watcher.database.sql(
      `SELECT day::text, executions::int, total_rows::int, seconds::float8 AS total_seconds FROM v_pipeline_day
        WHERE pipeline_id = $1 ORDER BY day DESC`,
      [pipeline],
    );
    expect(inView).toEqual(
      found.map(({ day, executions, total_rows, total_seconds }) => ({ day, executions, total_rows, total_seconds })),
    );
  });

  it('goes with its pipeline', async () => {
    const gone = await watcher.pipeline('Gone');
    await watcher.database.sql(
      `INSERT INTO pipeline_day SELECT $1, '2026-01-01', 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0`,
      [gone],
    );
    expect((await watcher.send('DELETE', `/pipeline/${gone}`, undefined, {})).status).toBe(204);
    expect(await watcher.database.sql('SELECT FROM pipeline_day WHERE pipeline_id = $1', [gone])).toEqual([]);
  });
});

describe('the cost of days', () => {
  it('is by index, however long the history', async () => {
    await watcher.database.sql(
      `INSERT INTO pipeline_execution (id, pipeline_id, root_id, start_date, end_date, completed_successfully, config_version)
       SELECT 1000 + n, 1000 + n % 500, 1000 + n, now() - n * interval '1 minute', now(), true, 1 FROM generate_series(10, 60000) AS n;`,
    );
    await watcher.database.sql('ANALYZE pipeline_execution');
    const read = async (): Promise<{ scans: number; rows: number }> => {
      await watcher.database.sql('SELECT pg_stat_force_next_flush()');
      const [row] = await watcher.database.sql<{ scans: number; rows: number }>(
        `SELECT seq_scan::int AS scans, seq_tup_read::int AS rows FROM pg_stat_user_tables
          WHERE relname = 'pipeline_execution'`,
      );
      return row ?? { scans: -1, rows: -1 };
    };
    const plan = async (sql: string): Promise<string> =>
      JSON.stringify(await watcher.database.sql(`EXPLAIN (FORMAT JSON) ${sql}`));
    const before = await eventually(read);
    await days();
    await watcher.get('/reporting/daily-pipeline-metrics?pipeline_name=by%20day');
    expect((await read()).scans).toBe(before.scans);
    const byName = await plan(`SELECT * FROM daily_pipeline_report WHERE pipeline_name = 'By day'`);
    expect(byName).toContain('ix_pipeline_execution_');
    expect(byName).not.toMatch(/"Seq Scan"[^{}]*"Relation Name": ?"pipeline_execution"/);
    const ofOne = await plan(`SELECT * FROM v_pipeline_day WHERE pipeline_id = ${pipeline}`);
    expect(ofOne).toContain('ix_pipeline_execution_pipeline_start');
  });
});

describe('GET /pipeline_day', () => {
  const listed = async (query: string): Promise<Json[]> =>
    (await watcher.all(`/pipeline_day?to=2026-02-03&${query}`)).map((day) => [day.day, day.pipeline_name]);

  it('has the days of all pipelines, newest first, page by page', async () => {
    const other = await watcher.pipeline('Another', {});
    await plant(watcher.database, [{ id: 1001, pipelineId: other, start: DAY, end: DAY + 5, rows: 1 }]);
    const all = [
      ['2026-02-03', 'By day'],
      ['2026-02-01', 'By day'],
      ['2026-02-01', 'Another'],
      ['2026-01-31', 'By day'],
    ];
    expect(await listed('')).toEqual(all);
    expect(await listed('limit=1')).toEqual(all);
    expect(await listed('limit=2')).toEqual(all);
    expect(await listed('from=2026-02-01')).toEqual(all.slice(0, 3));
    expect(await listed('pipeline_name=another')).toEqual([all[2]]);
    expect(await listed('pipeline_name=nobody')).toEqual([]);
    expect(await listed('pipeline_type_name=test&pipeline_name=by%20day&from=2026-02-02')).toEqual([all[0]]);
    expect(await listed('pipeline_type_name=unknown')).toEqual([]);
    const [day] = await watcher.all('/pipeline_day?to=2026-02-03&pipeline_name=Another');
    expect(day).toMatchObject({ executions: 1, succeeded: 1, total_rows: 1, max_seconds: 5, namespace: '' });
    expect((await watcher.get('/pipeline_day')).body).toEqual([]);
  });

  it('refuses a range of more than 92 days, and dates that are none', async () => {
    expect((await watcher.get('/pipeline_day?from=2026-01-01&to=2026-04-02')).status).toBe(200);
    for (const query of ['from=2026-01-01&to=2026-04-03', 'from=2026-02-30', 'to=x', 'days=3']) {
      expect([query, (await watcher.get(`/pipeline_day?${query}`)).status]).toEqual([query, 422]);
    }
  });
});
