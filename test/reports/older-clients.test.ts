import { DataSource } from 'typeorm';
import { addKey, bearer } from '../support/access.js';
import { expectExactTrees } from '../support/closure.js';
import { createDatabase } from '../support/database.js';
import { judge, report } from '../anomalies/runs.js';
import { type Answer, type Json, Watcher } from '../support/watcher.js';

const DAY_MS = 86_400_000;
const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
const daysAgo = (days: number, hours = 0): string => new Date(today - days * DAY_MS + hours * 3_600_000).toISOString();
const dateOf = (moment: string): string => moment.slice(0, 10);

/** A run that started so many days ago and took ten seconds; returns its id. */
async function run(on: Watcher, pipeline: number, days: number, end: Json = {}, start: Json = {}): Promise<number> {
  const id = await on.begin(pipeline, { start_date: daysAgo(days), ...start });
  const answer = await on.end(id, { end_date: new Date(Date.parse(daysAgo(days)) + 10_000).toISOString(), ...end });
  expect(answer.status).toBe(200);
  return id;
}

describe('the daily report of the older service', () => {
  let watcher: Watcher;
  beforeAll(async () => {
    watcher = await Watcher.start();
    const [orders, users] = [
      await watcher.pipeline('orders', { pipeline_type_name: 'batch' }),
      await watcher.pipeline('Users', { pipeline_type_name: 'api' }),
    ];
    await run(watcher, orders, 1, { inserts: 10, updates: 2, soft_deletes: 1, total_rows: 13 });
    await run(watcher, orders, 1, { completed_successfully: false });
    await run(watcher, orders, 1);
    await run(watcher, users, 1, { total_rows: 7 });
    await run(watcher, orders, 31);
    await run(watcher, orders, 30, { total_rows: 1 });
    await watcher.begin(users, { start_date: daysAgo(0) });
  });
  afterAll(() => watcher.stop());

  const metrics = (query = ''): Promise<Answer> => watcher.get(`/reporting/daily-pipeline-metrics${query}`);
  const yesterday = dateOf(daysAgo(1));

  it('has a row for each day and pipeline, today included', async () => {
    const { status, body } = await metrics();
    expect(status).toBe(200);
    expect(body.pagination).toEqual({
      page: 1,
      page_size: 50,
      total_records: 4,
      total_pages: 1,
      has_next: false,
      has_prev: false,
    });
    expect(body.data.map((row: Json) => [row.date_recorded, row.pipeline_name])).toEqual([
      [dateOf(daysAgo(0)), 'Users'],
      [yesterday, 'Users'],
      [yesterday, 'orders'],
      [dateOf(daysAgo(30)), 'orders'],
    ]);
    expect(body.data[2]).toEqual({
      date_recorded: yesterday,
      pipeline_name: 'orders',
      pipeline_type_name: 'batch',
      total_executions: 3,
      failed_executions: 1,
      error_percentage: 33.33,
      daily_inserts: 10,
      daily_updates: 2,
      daily_soft_deletes: 1,
      daily_total_rows: 13,
      avg_duration_seconds: 10,
      daily_throughput: 0.433,
    });
    expect(body.data[0]).toMatchObject({ total_executions: 1, avg_duration_seconds: 0, daily_throughput: 0 });
  });

  it('is filtered and paged as the older one', async () => {
    expect((await metrics('?pipeline_name=users')).body.pagination.total_records).toBe(2);
    expect((await metrics('?pipeline_type_name=batch&days=29')).body.data).toHaveLength(1);
    expect((await metrics('?pipeline_type_name=api&pipeline_name=orders')).body.data).toEqual([]);
    const second = (await metrics('?page=2&page_size=3')).body;
    expect(second.data).toHaveLength(1);
    expect(second.pagination).toMatchObject({ page: 2, total_pages: 2, has_next: false, has_prev: true });
    const beyond = (await metrics('?page=9&page_size=3')).body;
    expect([beyond.data, beyond.pagination.total_records]).toEqual([[], 4]);
    const nothing = (await metrics('?pipeline_name=nothing')).body;
    expect(nothing).toEqual({
      data: [],
      pagination: { page: 1, page_size: 50, total_records: 0, total_pages: 0, has_next: false, has_prev: false },
    });
    for (const query of ['?days=31', '?days=0', '?page=0', '?page_size=1001']) {
      expect([query, (await metrics(query)).status]).toEqual([query, 422]);
    }
  });

  it('lists names, refreshes, and leads people to the console', async () => {
    const names = async (path: string): Promise<Json> => (await watcher.get(`/reporting/${path}`)).body;
    expect(new Set((await names('pipeline-names')).pipeline_names)).toEqual(new Set(['orders', 'Users']));
    expect(await names('pipeline-names?pipeline_type_name=batch')).toEqual({ pipeline_names: ['orders'] });
    expect(await names('pipeline-names?pipeline_type_name=none')).toEqual({ pipeline_names: [] });
    expect(await names('pipeline-type-names')).toEqual({ pipeline_type_names: ['api', 'batch'] });
    const refreshed = await watcher.send('POST', '/reporting/refresh', undefined, {});
    expect([refreshed.status, refreshed.body]).toEqual([
      200,
      { status: 'success', message: 'Materialized view refreshed successfully' },
    ]);
    const page = await fetch(`${watcher.url}/reporting`, { redirect: 'manual' });
    expect([page.status, page.headers.get('location')]).toEqual([302, expect.stringMatching(/^\//)]);
  });

  it('is a view with the same rows', async () => {
    const { body } = await metrics();
    const rows = await watcher.database.sql(
      `SELECT date_recorded::text, pipeline_name, pipeline_type_name, total_executions::int, failed_executions::int,
              error_percentage::float8, daily_inserts::int, daily_updates::int, daily_soft_deletes::int,
              daily_total_rows::int, avg_duration_seconds::float8, daily_throughput::float8
         FROM daily_pipeline_report ORDER BY date_recorded DESC, pipeline_name COLLATE "C"`,
    );
    expect(rows).toEqual(body.data);
  });
});

describe('POST /log_cleanup', () => {
  let watcher: Watcher;
  let pipeline: number;
  let task: number;
  beforeAll(async () => {
    watcher = await Watcher.start();
    pipeline = await watcher.pipeline('nightly');
    task = await watcher.pipeline('task');
  });
  afterAll(() => watcher.stop());

  const cleanUp = (body: Json): Promise<Answer> => watcher.post('/log_cleanup', { retention_days: 90, ...body });
  const NOTHING = {
    total_pipeline_executions_deleted: 0,
    total_timeliness_pipeline_execution_logs_deleted: 0,
    total_anomaly_detection_results_deleted: 0,
    total_pipeline_execution_closure_parent_deleted: 0,
    total_pipeline_execution_closure_child_deleted: 0,
    total_freshness_pipeline_logs_deleted: 0,
  };
  const left = async (): Promise<number[]> =>
    (await watcher.all('/pipeline_execution?order=asc')).map(({ id }) => id).sort((a, b) => a - b);
  const sums = (): Promise<Json[]> =>
    watcher.database.sql(
      `SELECT pipeline_id, day::text, executions, succeeded, failed, aborted, skipped, lost, total_rows, inserts, updates,
              soft_deletes, seconds::float8, max_seconds::float8, rows_reported, round(ln_seconds::numeric, 6) AS ln_seconds,
              round(ln_seconds_squared::numeric, 6) AS ln_seconds_squared, round(ln_rows::numeric, 6) AS ln_rows,
              round(ln_rows_squared::numeric, 6) AS ln_rows_squared
         FROM v_pipeline_day ORDER BY pipeline_id, day`,
    );

  it('refuses fewer than 90 days, and no body', async () => {
    expect((await watcher.post('/log_cleanup', { retention_days: 89 })).status).toBe(422);
    expect((await watcher.post('/log_cleanup', { retention_days: 90, batch_size: 100_001 })).status).toBe(422);
    expect((await watcher.post('/log_cleanup', {})).status).toBe(422);
    expect((await watcher.send('POST', '/log_cleanup', undefined, {})).status).toBe(400);
    expect((await cleanUp({})).body).toEqual(NOTHING);
    expect((await cleanUp({ keep_last: 5 })).body).toEqual(NOTHING);
  });

  it('deletes a run that started long ago and never ended, as the older test has it', async () => {
    await watcher.begin(pipeline, { start_date: daysAgo(95) });
    expect((await cleanUp({})).body).toEqual({ ...NOTHING, total_pipeline_executions_deleted: 1 });
    expect(await left()).toEqual([]);
  });

  it('counts the anomalies that it deletes with their executions', async () => {
    const judged = await watcher.pipeline('judged');
    const old = Date.now() - 100 * DAY_MS;
    for (let day = 0; day < 12; day++) {
      const start = new Date(old + day * 3_600_000);
      await report(watcher, judged, { start, total_rows: day < 11 ? 1000 + day : 7 });
    }
    await judge(watcher);
    expect(await watcher.all(`/anomaly?pipeline_id=${judged}`)).toHaveLength(1);
    expect((await cleanUp({})).body).toEqual({
      ...NOTHING,
      total_pipeline_executions_deleted: 12,
      total_anomaly_detection_results_deleted: 1,
    });
    expect(await watcher.all(`/anomaly?pipeline_id=${judged}`)).toEqual([]);
  });

  it('deletes whole trees in which all is old, and keeps the sums of their days', async () => {
    const old = await run(watcher, pipeline, 100, { total_rows: 3, inserts: 2 }, { external_id: 'old' });
    const child = await run(watcher, task, 100, { completed_successfully: false }, { parent_id: old });
    await run(watcher, task, 99, { total_rows: 9 }, { parent_id: child });
    await run(watcher, task, 99, { completed_successfully: undefined, status: 'skipped' });
    const kept = [
      // On the cutoff itself.
      await run(watcher, pipeline, 90),
      await run(watcher, pipeline, 200, { end_date: daysAgo(90) }),
      // An old root with a young child.
      await run(watcher, pipeline, 100),
    ];
    kept.push(await run(watcher, task, 10, {}, { parent_id: kept[2] }));
    // Alive by its heartbeat.
    kept.push(await watcher.begin(pipeline, { start_date: daysAgo(300) }));
    await watcher.post('/heartbeat', { id: kept[4] });
    // With an open incident.
    kept.push(await run(watcher, pipeline, 95, { completed_successfully: false }));
    await watcher.database.sql('UPDATE incident SET resolved_at = NULL, resolution = NULL WHERE execution_id = $1', [
      kept[5],
    ]);
    const before = await sums();
    expect(before.length).toBeGreaterThan(6);
    const { status, body } = await cleanUp({ batch_size: 1 });
    expect([status, body]).toEqual([
      200,
      {
        ...NOTHING,
        total_pipeline_executions_deleted: 4,
        total_pipeline_execution_closure_parent_deleted: 3,
      },
    ]);
    expect(await left()).toEqual(kept.sort((a, b) => a - b));
    expect(await sums()).toEqual(before);
    const days = await watcher.all(`/pipeline/${pipeline}/days`);
    expect(days.find(({ day }) => day === dateOf(daysAgo(100)))).toMatchObject({ executions: 2, total_rows: 3 });
    await expectExactTrees(watcher.database);
    expect(await watcher.database.sql('SELECT FROM pipeline_execution_external_id')).toEqual([]);
  });

  it('keeps the newest trees of each pipeline where it is asked to', async () => {
    const other = await watcher.pipeline('rare');
    const ids: number[] = [];
    for (let n = 0; n < 5; n++) ids.push(await run(watcher, other, 400 - n));
    const before = await sums();
    expect((await cleanUp({ keep_last: 3 })).body).toMatchObject({ total_pipeline_executions_deleted: 2 });
    expect((await watcher.all(`/pipeline_execution?pipeline_id=${other}`)).map(({ id }) => id)).toEqual(
      ids.slice(2).reverse(),
    );
    expect(await sums()).toEqual(before);
  });

  it('goes through many trees in several transactions, and past those that stay', async () => {
    const many = await watcher.pipeline('many');
    await watcher.database.sql(
      `WITH run AS (
         INSERT INTO pipeline_execution (id, root_id, pipeline_id, start_date, end_date, completed_successfully, status,
                                         total_rows, config_version)
         SELECT 1000000 + n, 1000000 + n, $1, now() - interval '200 days' + n * interval '1 s',
                now() - CASE n % 3 WHEN 0 THEN interval '1 day' ELSE interval '199 days' END, true, 'succeeded', n, 1
           FROM generate_series(1, 3000) AS n RETURNING id)
       INSERT INTO pipeline_execution_closure (child_execution_id, parent_execution_id, depth) SELECT id, id, 0 FROM run`,
      [many],
    );
    const before = await sums();
    // With the three that were kept before.
    expect((await cleanUp({ batch_size: 300 })).body).toMatchObject({ total_pipeline_executions_deleted: 2003 });
    expect(await watcher.all(`/pipeline_execution?pipeline_id=${many}&limit=1000`)).toHaveLength(1000);
    expect(await sums()).toEqual(before);
    await expectExactTrees(watcher.database);
  });

  it('leaves exact trees and days behind while runs start below old ones', async () => {
    const raced = await watcher.pipeline('raced');
    const roots: number[] = [];
    for (let n = 0; n < 30; n++) roots.push(await run(watcher, raced, 150 + n));
    const started: number[] = [];
    const writers = roots.map(async (parent) => {
      const { status, body } = await watcher.post('/start_pipeline_execution', {
        pipeline_id: raced,
        parent_id: parent,
      });
      expect([201, 404]).toContain(status);
      if (status === 201) started.push(body.id);
    });
    const [answer] = await Promise.all([cleanUp({ batch_size: 5 }), ...writers]);
    expect(answer?.status).toBe(200);
    await expectExactTrees(watcher.database);
    for (const id of started) expect((await watcher.get(`/pipeline_execution/${id}`)).status).toBe(200);
    const days = await watcher.all(`/pipeline/${raced}/days`);
    expect(days.reduce((sum, { executions }) => sum + executions, 0)).toBe(30 + started.length);
  });

  it('runs once at a time', async () => {
    const [first, second] = await Promise.all([cleanUp({}), cleanUp({})]);
    const statuses = [first.status, second.status].sort((a, b) => a - b);
    expect([
      [200, 200],
      [200, 409],
    ]).toContainEqual(statuses);
    const holder = new DataSource({ type: 'postgres', url: watcher.database.url });
    await holder.initialize();
    try {
      await holder.transaction(async (manager) => {
        await manager.query('SELECT pg_advisory_xact_lock($1)', [0x74_69_64_79]);
        const { status, body } = await cleanUp({});
        expect([status, body.code]).toEqual([409, 'clean_up_running']);
      });
    } finally {
      await holder.destroy();
    }
  });

  it('takes the scope admin', async () => {
    const database = await createDatabase();
    const closed = await Watcher.start({}, database);
    try {
      const write = await addKey(database, 'write');
      const answer = await closed.post('/log_cleanup', { retention_days: 90 }, bearer(write.text));
      expect(answer.status).toBe(403);
    } finally {
      await closed.stop();
    }
  });
});

describe('POST /celery/monitor-queue', () => {
  it('counts alerts and jobs that wait', async () => {
    const watcher = await Watcher.start();
    const monitor = (): Promise<Answer> => watcher.send('POST', '/celery/monitor-queue', undefined, {});
    const { status, body } = await monitor();
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'success', regular_queue_pending: expect.any(Number) });
    expect(Object.keys(body.task_breakdown_raw)).toHaveLength(9);
    await watcher.database.sql(
      `INSERT INTO alert (delivery_id, channel, event, incident_ids, body, status, created_at)
       SELECT gen_random_uuid(), 'slack', 'opened', '{}', '', 'waiting', now() FROM generate_series(1, 60)`,
    );
    const later = (await monitor()).body;
    expect(later.total_pending).toBeGreaterThanOrEqual(60);
    expect(later.total_pending).toBe(later.regular_queue_pending + later.scheduled_queue_pending);
    expect(later.task_breakdown).toContain(`Unknown: ${later.task_breakdown_raw.unknown}`);
    await watcher.stop();
  });
});

it('names are sorted by code point, whatever the collation of the database', async () => {
  const watcher = await Watcher.start({}, await createDatabase({ locale: 'C', icu: 'en' }));
  try {
    for (const name of ['b', 'C', 'a']) {
      const id = await watcher.pipeline(name, { pipeline_type_name: `${name} type` });
      await run(watcher, id, 1);
    }
    expect((await watcher.get('/reporting/pipeline-names')).body.pipeline_names).toEqual(['C', 'a', 'b']);
    expect((await watcher.get('/reporting/pipeline-type-names')).body).toEqual({
      pipeline_type_names: ['C type', 'a type', 'b type'],
    });
    const { body } = await watcher.get('/reporting/daily-pipeline-metrics?days=1');
    expect(JSON.stringify(body).match(/"pipeline_name":"."/g)).toEqual(
      ['C', 'a', 'b'].map((name) => `"pipeline_name":"${name}"`),
    );
  } finally {
    await watcher.stop();
  }
});

describe('without compatibility', () => {
  it('the older paths are unknown, and the days stay', async () => {
    const watcher = await Watcher.start({ pythonCompat: false });
    for (const path of ['/log_cleanup', '/celery/monitor-queue', '/reporting/refresh']) {
      expect([path, (await watcher.post(path, {})).status]).toEqual([path, 404]);
    }
    expect((await watcher.get('/reporting/pipeline-names')).status).toBe(404);
    expect((await watcher.get('/reporting')).status).toBe(404);
    expect((await watcher.get(`/pipeline/${await watcher.pipeline('new')}/days`)).body).toEqual([]);
    await watcher.stop();
  });
});
