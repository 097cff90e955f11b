import { Watcher } from '../support/watcher.js';

let watcher: Watcher;
beforeAll(async () => {
  watcher = await Watcher.start();
});
afterAll(() => watcher.stop());

const day = (n: number, time = '02:30'): string => `2026-01-${String(n).padStart(2, '0')}T${time}:00.000Z`;

describe('GET /pipeline/{id}/series', () => {
  it('has the executions as columns, newest first', async () => {
    const id = await watcher.pipeline('drawn');
    const parent = await watcher.begin(await watcher.pipeline('workflow'), { start_date: day(1) });
    const done = await watcher.begin(id, { start_date: day(1), next_watermark: 'a', parent_id: parent });
    await watcher.end(done, { end_date: day(1, '02:40'), total_rows: 1000 });
    const failed = await watcher.begin(id, { start_date: day(2) });
    await watcher.end(failed, { end_date: day(2, '02:31'), completed_successfully: false });
    const open = await watcher.begin(id, { start_date: day(3) });
    // An expected one has no place in a chart.
    await watcher.begin(id, { parent_external_id: 'e', parent_pipeline_id: id, start_date: day(4) });
    const { status, body } = await watcher.get(`/pipeline/${id}/series?limit=10`);
    expect(status).toBe(200);
    expect(body).toEqual({
      id: [expect.any(Number), open, failed, done],
      root: [expect.any(Number), open, failed, parent],
      start: [day(4), day(3), day(2), day(1)],
      ms: [null, null, 60_000, 600_000],
      status: ['running', 'running', 'failed', 'succeeded'],
      rows: [null, null, null, 1000],
      watermark: ['a', 'a', 'a', null],
      next_watermark: [null, null, null, 'a'],
    });
  });

  it('goes on from page to page', async () => {
    const id = await watcher.pipeline('long');
    const ids: number[] = [];
    for (let n = 1; n <= 7; n++) ids.unshift(await watcher.begin(id, { start_date: day(1 + (n >> 1)) }));
    const found: number[] = [];
    for (let next: string | undefined = `/pipeline/${id}/series?limit=3`; next;) {
      const { body, headers } = await watcher.get(next);
      found.push(...body.id);
      next = /<([^>]+)>; rel="next"/.exec(headers.get('link') ?? '')?.[1];
    }
    expect(found).toEqual(ids);
  });

  it('is empty columns for a pipeline that never ran', async () => {
    const { body } = await watcher.get(`/pipeline/${await watcher.pipeline('empty')}/series`);
    expect(Object.values(body)).toEqual(Array.from({ length: 8 }, () => []));
  });
});

describe('GET /pipeline/{id}/statistics', () => {
  it('has medians, 95th percentiles and the usual start of the last 100 successes', async () => {
    const id = await watcher.pipeline('usual');
    await watcher.database.sql(
      `INSERT INTO pipeline_execution (root_id, pipeline_id, start_date, end_date, completed_successfully, status,
                                       total_rows, config_version)
       SELECT 0, $1, at, at + n * interval '1 second', n % 10 <> 0, CASE WHEN n % 10 <> 0 THEN 'succeeded' ELSE 'failed' END,
              CASE WHEN n % 2 = 1 THEN n * 10 END, 1
         FROM (SELECT n, '2026-01-01T02:30:00Z'::timestamptz + (n - 1) * interval '1 day' AS at
                 FROM generate_series(1, 200) n) run`,
      [id],
    );
    const { status, body } = await watcher.get(`/pipeline/${id}/statistics`);
    const seconds = Array.from({ length: 200 }, (_, n) => n + 1)
      .filter((n) => n % 10 !== 0)
      .slice(-100);
    const rows = seconds.filter((n) => n % 2 === 1).map((n) => n * 10);
    const at = (values: number[], share: number): number => {
      const place = (values.length - 1) * share;
      const [below = 0, above = 0] = [values[Math.floor(place)], values[Math.ceil(place)]];
      return below + (above - below) * (place % 1);
    };
    expect([status, body.successes, body.usual_start]).toEqual([200, 100, '02:30']);
    for (const [spread, values] of [
      [body.duration_seconds, seconds],
      [body.total_rows, rows],
    ] as const) {
      expect(spread.p50).toBeCloseTo(at(values, 0.5), 3);
      expect(spread.p95).toBeCloseTo(at(values, 0.95), 3);
    }
  });

  it('is null where nothing has succeeded', async () => {
    const id = await watcher.pipeline('never succeeded');
    await watcher.end(await watcher.begin(id), { completed_successfully: false });
    const none = { p50: null, p95: null };
    expect((await watcher.get(`/pipeline/${id}/statistics`)).body).toEqual({
      successes: 0,
      duration_seconds: none,
      total_rows: none,
      usual_start: null,
    });
  });
});

it.each(['series', 'statistics'])('/pipeline/{id}/%s answers 404 for an unknown pipeline', async (path) => {
  expect((await watcher.get(`/pipeline/999999/${path}`)).status).toBe(404);
});
