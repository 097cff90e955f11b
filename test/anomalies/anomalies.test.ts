import { eventually } from '../support/eventually.js';
import { type Json, Watcher } from '../support/watcher.js';
import { daily, DAY_MS, incidents, judge, report } from './runs.js';

let watcher: Watcher;
beforeAll(async () => {
  watcher = await Watcher.start();
});
afterAll(() => watcher.stop());

/** Rows around 10,000, the same in each run of the tests. */
const usual = (count: number): number[] => Array.from({ length: count }, (_, index) => 10_000 + ((index * 7919) % 900));
const rows = (value: number): { total_rows: number } => ({ total_rows: value });

describe('a run with unusually few rows', () => {
  it('is found by itself within seconds, explained, flagged and an incident; a usual run resolves it', async () => {
    const pipeline = await watcher.pipeline('orders');
    await daily(watcher, pipeline, usual(30), rows);
    expect((await watcher.get(`/anomaly?pipeline_id=${pipeline}`)).body).toEqual([]);

    const run = await report(watcher, pipeline, { start: new Date(Date.now() - 120_000), total_rows: 1204 });
    const [anomaly] = await eventually(async () => {
      const { body } = await watcher.get(`/anomaly?pipeline_id=${pipeline}&metric=total_rows&status=open`);
      expect(body).toHaveLength(1);
      return body;
    });
    expect(anomaly).toMatchObject({
      execution_id: run,
      pipeline_name: 'orders',
      value: 1204,
      direction: 'low',
      detail: expect.stringMatching(/^1,204 rows; usually [\d,]+ to [\d,]+.* \(8 runs\)$/),
    });
    expect((await watcher.get(`/anomaly/${anomaly.id}`)).body).toEqual(anomaly);
    expect((await watcher.get(`/pipeline_execution/${run}`)).body.anomaly_flags).toEqual({ total_rows: true });
    expect(await incidents(watcher, `pipeline_id=${pipeline}`)).toMatchObject([
      {
        kind: 'anomaly',
        severity: 'warning',
        status: 'open',
        execution_id: run,
        detail: `Execution ${run}: ${anomaly.detail}.`,
      },
    ]);

    await report(watcher, pipeline, { start: new Date(Date.now() - 60_000), total_rows: 10_300 });
    await judge(watcher);
    expect(await incidents(watcher, `pipeline_id=${pipeline}`)).toMatchObject([
      { status: 'resolved', detail: expect.stringContaining('Resolved: the next run was as usual.') },
    ]);
  });

  it('opens one incident for rows and duration of the same run', async () => {
    const pipeline = await watcher.pipeline('both');
    const values = [...usual(20), 0];
    await daily(watcher, pipeline, values, (value) => ({ total_rows: value, seconds: value === 0 ? 1 : 600 }));
    const found = (await watcher.get(`/anomaly?pipeline_id=${pipeline}`)).body;
    expect(found).toHaveLength(2);
    const ofTree = (await watcher.get(`/anomaly?root_id=${found[0].execution_id}`)).body;
    expect(ofTree.map(({ execution_id: run }: Json) => run)).toContain(found[0].execution_id);
    expect(ofTree.every(({ execution_id: run }: Json) => run === found[0].execution_id)).toBe(true);
    const [incident, ...more] = await incidents(watcher, `pipeline_id=${pipeline}`);
    expect(more).toEqual([]);
    expect(incident.detail).toMatch(/0 rows; .* took 1 s; usually/);
  });

  it('is judged by the other counts where no total is reported', async () => {
    const pipeline = await watcher.pipeline('counts');
    await daily(watcher, pipeline, [...usual(15), 500], (value) => ({ inserts: value - 100, updates: 100 }));
    expect((await watcher.get(`/anomaly?pipeline_id=${pipeline}`)).body).toMatchObject([
      { metric: 'total_rows', value: 500 },
    ]);
  });
});

describe('a new level', () => {
  it('is one incident, and over after five runs', async () => {
    const pipeline = await watcher.pipeline('doubled');
    await daily(watcher, pipeline, usual(40), rows);
    for (let run = 1; run <= 8; run++) {
      await report(watcher, pipeline, { start: new Date(Date.now() - (100 - run) * 1000), total_rows: 20_000 + run });
      await judge(watcher);
    }
    const anomalies = (await watcher.get(`/anomaly?pipeline_id=${pipeline}`)).body;
    expect(anomalies.length).toBeGreaterThan(0);
    expect(anomalies.length).toBeLessThanOrEqual(5);
    expect(await incidents(watcher, `pipeline_id=${pipeline}`)).toMatchObject([
      { status: 'resolved', occurrences: anomalies.length },
    ]);
  });
});

describe('what is not judged', () => {
  it.each([
    ['muted', { mute_anomaly_check: true }],
    ['inactive', { active: false }],
  ])('a pipeline that is %s', async (name, fields) => {
    const pipeline = await watcher.pipeline(name, fields);
    await daily(watcher, pipeline, [...usual(20), 0], rows);
    expect((await watcher.get(`/anomaly?pipeline_id=${pipeline}`)).body).toEqual([]);
    expect((await watcher.get(`/pipeline/${pipeline}/expectation`)).body.judged).toBe(false);
  });

  it('failures, and runs below a root that failed', async () => {
    const root = await watcher.pipeline('root');
    const child = await watcher.pipeline('child');
    await daily(watcher, child, usual(20), rows);
    const parent = await watcher.begin(root);
    const below = await watcher.begin(child, { parent_id: parent });
    await watcher.post('/end_pipeline_execution', { id: parent, completed_successfully: false });
    await watcher.end(below, { total_rows: 0 });
    const failed = await watcher.begin(child);
    await watcher.post('/end_pipeline_execution', { id: failed, completed_successfully: false, total_rows: 0 });
    await judge(watcher);
    expect((await watcher.get(`/anomaly?pipeline_id=${child}`)).body).toEqual([]);
  });

  it('history: what ended long ago is flagged, without an incident', async () => {
    const pipeline = await watcher.pipeline('imported');
    const values = [...usual(20), 0, ...usual(5)];
    await daily(watcher, pipeline, values, rows);
    expect((await watcher.get(`/anomaly?pipeline_id=${pipeline}`)).body).toHaveLength(1);
    expect(await incidents(watcher, `pipeline_id=${pipeline}`)).toEqual([]);
  });
});

describe('a dismissed anomaly', () => {
  it('resolves its incident, and unflags the run; twice is the same', async () => {
    const pipeline = await watcher.pipeline('dismissed');
    const ids = await daily(watcher, pipeline, [...usual(20), 0], rows);
    const [{ id }] = (await watcher.get(`/anomaly?pipeline_id=${pipeline}`)).body;
    const first = await watcher.post(`/anomaly/${id}/dismiss`, {});
    expect([first.status, first.body.status]).toEqual([200, 'dismissed']);
    expect((await watcher.post(`/anomaly/${id}/dismiss`, {})).body).toEqual(first.body);
    const run = await watcher.get(`/pipeline_execution/${ids.at(-1)}`);
    expect(run.body.anomaly_flags).toEqual({ total_rows: false });
    expect(await incidents(watcher, `pipeline_id=${pipeline}`)).toMatchObject([
      { status: 'resolved', detail: expect.stringContaining('it was dismissed') },
    ]);
    expect((await watcher.get(`/anomaly?pipeline_id=${pipeline}&status=open`)).body).toEqual([]);
    expect((await watcher.post('/anomaly/999999/dismiss', {})).body.code).toBe('anomaly_not_found');
  });
});

describe('a long run', () => {
  it('is told of the deepest execution only', async () => {
    const outer = await watcher.pipeline('outer');
    const inner = await watcher.pipeline('inner');
    for (let run = 0; run < 15; run++) {
      const seconds = run === 14 ? 4000 : 600;
      const start = new Date(Date.now() - 7_200_000 - (14 - run) * DAY_MS);
      const root = await watcher.begin(outer, { start_date: start.toISOString() });
      await report(watcher, inner, { start, seconds: seconds - 1, parent: root });
      await watcher.end(root, { end_date: new Date(start.getTime() + seconds * 1000).toISOString() });
    }
    await judge(watcher);
    expect((await watcher.get(`/anomaly?pipeline_id=${outer}`)).body).toHaveLength(1);
    expect(await incidents(watcher, `pipeline_id=${outer}`)).toEqual([]);
    expect(await incidents(watcher, `pipeline_id=${inner}`)).toMatchObject([
      { kind: 'anomaly', detail: expect.stringMatching(/took 66\.7 min; usually/) },
    ]);
  });
});

describe('GET /pipeline/{id}/expectation', () => {
  it('says what is usual, from ten runs on', async () => {
    const pipeline = await watcher.pipeline('expected');
    await daily(watcher, pipeline, usual(9), rows);
    expect((await watcher.get(`/pipeline/${pipeline}/expectation`)).body).toMatchObject({
      successes: 9,
      judged: false,
      metrics: [],
      durations: [],
    });
    await report(watcher, pipeline, { start: new Date(Date.now() - 60_000), total_rows: 10_000, seconds: 60 });
    await judge(watcher);
    const { body } = await watcher.get(`/pipeline/${pipeline}/expectation`);
    expect(body).toMatchObject({ successes: 10, judged: true });
    expect(body.metrics.map(({ metric }: { metric: string }) => metric)).toEqual(['total_rows', 'duration_seconds']);
    expect(body.durations).toMatchObject([{ parent_pipeline_id: null, expected_seconds: 60, slow_after_seconds: 120 }]);
    expect((await watcher.get('/pipeline/999999/expectation')).status).toBe(404);
  });
});

describe('GET /pipeline/{id}/series?bounds=true', () => {
  it('has the rows and durations that were usual at the time', async () => {
    const pipeline = await watcher.pipeline('charted');
    await daily(watcher, pipeline, [...usual(14), 0], rows);
    await watcher.begin(pipeline);
    const { body } = await watcher.get(`/pipeline/${pipeline}/series?bounds=true`);
    expect([body.id.length, body.rows_lower.length]).toEqual([16, 16]);
    // It still runs.
    expect([body.rows_expected[0], body.ms_upper[0]]).toEqual([null, null]);
    expect(body.rows_lower[1]).toBeGreaterThan(5000);
    expect(body.rows_upper[1]).toBeGreaterThan(body.rows_expected[1]);
    expect(body.ms_expected[1]).toBe(60_000);
    // The tenth run had nine before it.
    expect(body.rows_expected.slice(-10)).toEqual(Array.from({ length: 10 }, () => null));
    expect((await watcher.get(`/pipeline/${pipeline}/series`)).body).not.toHaveProperty('rows_lower');
  });
});

describe('the deletion of a tree', () => {
  it('takes its anomalies with it', async () => {
    const pipeline = await watcher.pipeline('gone');
    await daily(watcher, pipeline, [...usual(20), 0], rows);
    expect((await watcher.send('DELETE', `/pipeline/${pipeline}?cascade=true`, undefined, {})).status).toBe(204);
    expect((await watcher.get(`/anomaly?pipeline_id=${pipeline}`)).body).toEqual([]);
    const [left] = await watcher.database.sql(
      'SELECT (SELECT count(*) FROM pipeline_expectation WHERE pipeline_id = $1)::int AS n',
      [pipeline],
    );
    expect(left).toEqual({ n: 0 });
  });
});
