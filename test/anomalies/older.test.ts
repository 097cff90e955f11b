import { createDatabase } from '../support/database.js';
import { Watcher } from '../support/watcher.js';
import { daily, judge, report } from './runs.js';

let watcher: Watcher;
let pipeline: number;

beforeAll(async () => {
  watcher = await Watcher.start();
  pipeline = await watcher.pipeline('ruled');
});
afterAll(() => watcher.stop());

const usual = (count: number): number[] => Array.from({ length: count }, (_, index) => 1000 + ((index * 37) % 90));

describe('/anomaly_detection_rule', () => {
  it('is created with the defaults, found again unchanged, read and changed', async () => {
    const body = { pipeline_id: pipeline, metric_field: 'INSERTS', z_threshold: 2.345 };
    const created = await watcher.post('/anomaly_detection_rule', body);
    expect([created.status, created.body]).toEqual([201, { id: expect.any(Number) }]);
    const again = await watcher.post('/anomaly_detection_rule', { ...body, z_threshold: 5 });
    expect([again.status, again.body]).toEqual([200, created.body]);
    const { id } = created.body;
    const row = {
      id,
      pipeline_id: pipeline,
      metric_field: 'inserts',
      z_threshold: '2.35',
      lookback_days: 30,
      minimum_executions: 30,
      active: true,
      created_at: expect.any(String),
      updated_at: null,
    };
    expect((await watcher.get(`/anomaly_detection_rule/${id}`)).body).toEqual(row);
    expect((await watcher.get('/anomaly_detection_rule')).body).toEqual([row]);
    const changed = await watcher.patch('/anomaly_detection_rule', { id, z_threshold: 4, active: false });
    expect(changed.body).toEqual({ ...row, z_threshold: '4.00', active: false, updated_at: expect.any(String) });
  });

  it.each([
    [404, 'pipeline_not_found', { pipeline_id: 999_999, metric_field: 'inserts' }],
    [422, undefined, { pipeline_id: 1, metric_field: 'rows' }],
    [422, undefined, { pipeline_id: 1, metric_field: 'updates', z_threshold: 0.9 }],
    [422, undefined, { pipeline_id: 1, metric_field: 'updates', lookback_days: 366 }],
    [422, undefined, { pipeline_id: 1, metric_field: 'updates', minimum_executions: 4 }],
  ])('answers %d %s for %j', async (status, code, body) => {
    const answer = await watcher.post('/anomaly_detection_rule', body);
    expect(answer.status).toBe(status);
    if (code) expect(answer.body.code).toBe(code);
  });

  it('answers 404 for an unknown rule, 422 without an id, and 409 for the metric of another one', async () => {
    const unknown = await watcher.patch('/anomaly_detection_rule', { id: 999_999, active: true });
    expect([unknown.status, unknown.body.detail]).toEqual([404, 'Anomaly detection rule not found']);
    expect((await watcher.get('/anomaly_detection_rule/999999')).status).toBe(404);
    expect((await watcher.patch('/anomaly_detection_rule', { active: true })).status).toBe(422);
    const other = await watcher.post('/anomaly_detection_rule', { pipeline_id: pipeline, metric_field: 'updates' });
    const taken = await watcher.patch('/anomaly_detection_rule', { id: other.body.id, metric_field: 'inserts' });
    expect([taken.status, taken.body.code]).toEqual([409, 'anomaly_detection_rule_exists']);
  });
});

describe('a rule', () => {
  it('has its metric judged, and a run unflagged', async () => {
    const ruled = await watcher.pipeline('inserts only');
    const rule = { pipeline_id: ruled, metric_field: 'inserts', minimum_executions: 10 };
    const { id } = (await watcher.post('/anomaly_detection_rule', rule)).body;
    const runs = await daily(watcher, ruled, [...usual(20), 9000], (value) => ({ inserts: value, total_rows: 1 }));
    const run = runs.at(-1) as number;
    expect((await watcher.get(`/pipeline_execution/${run}`)).body.anomaly_flags).toEqual({ inserts: true });
    const results =
      'SELECT rule_id, violation_value, context FROM anomaly_detection_result WHERE pipeline_execution_id = $1';
    expect(await watcher.database.sql(results, [run])).toEqual([
      {
        rule_id: id,
        violation_value: 9000,
        context: { lookback_days: 30, minimum_executions: 10, execution_count: 20 },
      },
    ]);

    const unflag = (fields: object) =>
      watcher.post('/unflag_anomaly', {
        pipeline_id: ruled,
        pipeline_execution_id: run,
        metric_field: ['inserts'],
        ...fields,
      });
    const refused = async (fields: object) => {
      const { status, body } = await unflag(fields);
      return [status, body.detail];
    };
    expect(await refused({ metric_field: ['updates'] })).toEqual([
      404,
      "None of the requested metrics ['updates'] are currently flagged",
    ]);
    expect(await refused({ pipeline_execution_id: 999_999 })).toEqual([404, 'Pipeline execution 999999 not found']);
    expect(await refused({ pipeline_execution_id: runs[0] })).toEqual([
      404,
      `No anomaly flags found for execution ${runs[0]}`,
    ]);
    expect((await unflag({ metric_field: 'inserts' })).status).toBe(422);
    expect((await unflag({ metric_field: ['inserts', 'updates'] })).status).toBe(204);
    expect((await watcher.get(`/pipeline_execution/${run}`)).body.anomaly_flags).toEqual({ inserts: false });
    expect(await watcher.database.sql(results, [run])).toEqual([]);
    expect((await unflag({})).status).toBe(404);
  });

  it('with another threshold scales the widths', async () => {
    const strict = await watcher.pipeline('strict');
    const rule = { pipeline_id: strict, metric_field: 'total_rows', z_threshold: 10, minimum_executions: 10 };
    await watcher.post('/anomaly_detection_rule', rule);
    await daily(watcher, strict, [...usual(20), 1500], (value) => ({ total_rows: value }));
    expect((await watcher.get(`/anomaly?pipeline_id=${strict}`)).body).toEqual([]);
    await report(watcher, strict, { start: new Date(Date.now() - 60_000), total_rows: 90_000 });
    await judge(watcher);
    expect((await watcher.get(`/anomaly?pipeline_id=${strict}`)).body).toHaveLength(1);
  });
});

describe('the switches', () => {
  it('WATCHER_PYTHON_COMPAT=off leaves the older endpoints out, WATCHER_ANOMALIES=off the others', async () => {
    const without = await Watcher.start({ pythonCompat: false, anomalies: false }, await createDatabase());
    for (const path of ['/anomaly_detection_rule', '/anomaly', '/pipeline/1/expectation']) {
      expect((await without.get(path)).status).toBe(404);
    }
    const silent = await without.pipeline('silent');
    await report(without, silent, { start: new Date(Date.now() - 60_000), total_rows: 1 });
    expect(await without.database.sql('SELECT count(*)::int AS n FROM execution_to_judge')).toEqual([{ n: 0 }]);
    await without.stop();
  });

  it('without anomalies the rules of the older service are kept', async () => {
    const kept = await Watcher.start({ anomalies: false }, await createDatabase());
    const body = { pipeline_id: await kept.pipeline('kept'), metric_field: 'inserts' };
    expect((await kept.post('/anomaly_detection_rule', body)).status).toBe(201);
    await kept.stop();
  });
});
