import { type Json, Watcher } from '../support/watcher.js';
import { check, incidentsOf } from './checks.js';

let watcher: Watcher;
let names = 0;
beforeAll(async () => {
  watcher = await Watcher.start();
});
afterAll(() => watcher.stop());
beforeEach(() => watcher.database.sql('TRUNCATE incident, pipeline_execution, pipeline, pipeline_type CASCADE'));

const read = async (id: number): Promise<Json> => (await watcher.get(`/pipeline/${id}`)).body;

/** A pipeline with a schedule that was set at a given moment. */
async function scheduled(schedule: string, since: string, fields: Json = {}): Promise<number> {
  const id = await watcher.pipeline(`scheduled ${names++}`, { schedule, ...fields });
  await watcher.database.sql('UPDATE pipeline SET next_expected_at = $2 WHERE id = $1', [id, since]);
  return id;
}

describe('a schedule', () => {
  it('is shown with its zone and the next expected start, by registration and by PATCH', async () => {
    const id = await watcher.pipeline('shown', { schedule: '@daily' });
    const { schedule, schedule_timezone, next_expected_at } = await read(id);
    expect([schedule, schedule_timezone]).toEqual(['@daily', 'UTC']);
    const midnight = new Date();
    midnight.setUTCHours(24, 0, 0, 0);
    expect(next_expected_at).toBe(midnight.toISOString());
    const patch = async (fields: Json): Promise<Json> => (await watcher.patch('/pipeline', { id, ...fields })).body;
    expect(await patch({ schedule: '0 12 1 1 *', schedule_timezone: 'Asia/Kolkata' })).toMatchObject({
      schedule_timezone: 'Asia/Kolkata',
      next_expected_at: expect.stringMatching(/-01-01T06:30:00\.000Z$/),
    });
    expect(await patch({ schedule: null })).toMatchObject({
      schedule: null,
      schedule_timezone: null,
      next_expected_at: null,
    });
  });

  it.each([
    [{ schedule: 'every day' }, 'schedule'],
    [{ schedule: '* * * * * *' }, 'schedule'],
    [{ schedule: '0 0 30 2 *' }, 'schedule'],
    [{ schedule: '0 0 * * *', schedule_timezone: 'Middle/Earth' }, 'schedule_timezone'],
    [{ schedule: '0 0 * * *', start_grace_number: 5 }, 'start_grace_datepart'],
  ])('%j is refused', async (fields, field) => {
    const answer = await watcher.post('/pipeline', { name: 'refused', pipeline_type_name: 'test', ...fields });
    expect([answer.status, answer.body.errors.map((error: Json) => error.field)]).toEqual([422, [field]]);
    const id = await watcher.pipeline(`patched ${names++}`);
    expect((await watcher.patch('/pipeline', { id, ...fields })).status).toBe(422);
  });

  it('that nobody follows opens one incident when the grace is over, and counts', async () => {
    const id = await scheduled('0 2 * * *', '2026-03-10T02:00:00Z');
    expect(await check(watcher, 'missed', '2026-03-10T02:15:00Z')).toEqual({ opened: 0, resolved: 0 });
    expect(await check(watcher, 'missed', '2026-03-10T02:15:01Z')).toEqual({ opened: 1, resolved: 0 });
    expect(await incidentsOf(watcher, id)).toMatchObject([
      {
        kind: 'missed',
        severity: 'warning',
        status: 'open',
        execution_id: null,
        occurrences: 1,
        expected_at: '2026-03-10T02:00:00.000Z',
        detail: 'No execution started that was expected at 2026-03-10T02:00:00.000Z.',
      },
    ]);
    expect(await read(id)).toMatchObject({ next_expected_at: '2026-03-11T02:00:00.000Z' });
    expect(await check(watcher, 'missed', '2026-03-10T03:00:00Z')).toEqual({ opened: 0, resolved: 0 });
    expect(await check(watcher, 'missed', '2026-03-11T03:00:00Z')).toEqual({ opened: 0, resolved: 0 });
    expect(await incidentsOf(watcher, id)).toMatchObject([
      {
        occurrences: 2,
        expected_at: '2026-03-11T02:00:00.000Z',
        detail: expect.stringContaining('2 executions did not'),
      },
    ]);
  });

  it('is kept by a start within the grace before and after, and by a late one resolved', async () => {
    const id = await scheduled('0 2 * * *', '2026-03-10T02:00:00Z', {
      start_grace_number: 1,
      start_grace_datepart: 'hour',
    });
    await watcher.begin(id, { start_date: '2026-03-10T01:00:00Z' });
    expect(await check(watcher, 'missed', '2026-03-10T03:01:00Z')).toEqual({ opened: 0, resolved: 0 });
    await watcher.begin(id, { start_date: '2026-03-11T00:59:59Z' });
    expect(await check(watcher, 'missed', '2026-03-11T03:01:00Z')).toEqual({ opened: 1, resolved: 0 });
    await watcher.begin(id, { start_date: '2026-03-11T09:00:00Z' });
    expect(await check(watcher, 'missed', '2026-03-11T09:01:00Z')).toEqual({ opened: 0, resolved: 1 });
    expect(await incidentsOf(watcher, id)).toMatchObject([
      { status: 'resolved', detail: expect.stringMatching(/Resolved: an execution started\.$/) },
    ]);
  });

  it('after an absence of the service opens one incident for the last start, with the count, and no message', async () => {
    const id = await scheduled('0 * * * *', '2026-03-01T00:00:00Z');
    const often = await scheduled('* * * * *', '2026-03-01T00:00:00Z');
    const { opened } = await check(watcher, 'missed', '2026-03-02T00:30:00Z');
    expect(opened).toBe(2);
    expect(await incidentsOf(watcher, id)).toMatchObject([
      { occurrences: 25, expected_at: '2026-03-02T00:00:00.000Z' },
    ]);
    expect(await incidentsOf(watcher, often)).toMatchObject([
      { occurrences: 100, expected_at: '2026-03-02T00:14:00.000Z' },
    ]);
    expect(await read(often)).toMatchObject({ next_expected_at: '2026-03-02T00:15:00.000Z' });
  });

  it.each([
    ['muted', { mute_schedule_check: true }],
    ['inactive', { active: false }],
    ['archived', { archived: true }],
  ])('of a pipeline that is %s is not checked, and its incident resolves', async (_, change) => {
    const id = await scheduled('0 2 * * *', '2026-03-10T02:00:00Z');
    expect(await check(watcher, 'missed', '2026-03-10T03:00:00Z')).toEqual({ opened: 1, resolved: 0 });
    await watcher.patch('/pipeline', { id, ...change });
    expect(await check(watcher, 'missed', '2026-03-11T03:00:00Z')).toEqual({ opened: 0, resolved: 1 });
    expect(await read(id)).toMatchObject({ next_expected_at: '2026-03-12T02:00:00.000Z' });
  });

  it('is checked by replicas at once as by one', async () => {
    for (let n = 0; n < 20; n++) await scheduled('0 2 * * *', '2026-03-10T02:00:00Z');
    const found = await Promise.all(Array.from({ length: 4 }, () => check(watcher, 'missed', '2026-03-10T03:00:00Z')));
    expect(found.reduce((sum, { opened }) => sum + opened, 0)).toBe(20);
  });

  it('in a week in which the clocks change, is due at the local time', async () => {
    const id = await scheduled('30 2 * * *', '2026-03-28T01:30:00Z', { schedule_timezone: 'Europe/Berlin' });
    await check(watcher, 'missed', '2026-03-28T02:00:00Z');
    expect(await read(id)).toMatchObject({ next_expected_at: '2026-03-29T01:00:00.000Z' });
    await check(watcher, 'missed', '2026-03-29T02:00:00Z');
    expect(await read(id)).toMatchObject({ next_expected_at: '2026-03-30T00:30:00.000Z' });
  });
});

describe('two levels', () => {
  const FRESH = {
    freshness_warn_number: 1,
    freshness_warn_datepart: 'day',
    freshness_number: 2,
    freshness_datepart: 'day',
  };
  const TIMELY = {
    timeliness_warn_number: 1,
    timeliness_warn_datepart: 'hour',
    timeliness_number: 2,
    timeliness_datepart: 'hour',
  };

  it('of freshness warn first, then escalate the same incident, and resolve it with data', async () => {
    const id = await watcher.pipeline('two levels of freshness', FRESH);
    await watcher.end(await watcher.begin(id, { start_date: '2026-03-10T12:00:00Z' }), {
      end_date: '2026-03-10T12:00:00Z',
      inserts: 1,
    });
    expect(await check(watcher, 'freshness', '2026-03-11T12:00:00.000Z')).toEqual({ opened: 0, resolved: 0 });
    expect(await check(watcher, 'freshness', '2026-03-11T12:00:00.001Z')).toEqual({ opened: 1, resolved: 0 });
    const [warning] = await incidentsOf(watcher, id);
    expect(warning).toMatchObject({ severity: 'warning', expected_at: '2026-03-11T12:00:00.000Z' });
    expect(await check(watcher, 'freshness', '2026-03-12T12:00:00.001Z')).toEqual({ opened: 0, resolved: 0 });
    expect(await incidentsOf(watcher, id)).toMatchObject([
      { id: warning.id, severity: 'critical', status: 'open', expected_at: '2026-03-12T12:00:00.000Z' },
    ]);
    await watcher.end(await watcher.begin(id, { start_date: '2026-03-12T13:00:00Z' }), {
      end_date: '2026-03-12T13:00:00Z',
      inserts: 1,
    });
    expect(await check(watcher, 'freshness', '2026-03-12T13:00:01Z')).toEqual({ opened: 0, resolved: 1 });
  });

  it('of timeliness likewise, until the execution ends', async () => {
    const id = await watcher.pipeline('two levels of timeliness', TIMELY);
    const execution = await watcher.begin(id, { start_date: '2026-03-10T12:00:00Z' });
    expect(await check(watcher, 'timeliness', '2026-03-10T13:00:00.000Z')).toEqual({ opened: 0, resolved: 0 });
    expect(await check(watcher, 'timeliness', '2026-03-10T13:00:00.001Z')).toEqual({ opened: 1, resolved: 0 });
    expect(await incidentsOf(watcher, id)).toMatchObject([{ severity: 'warning', execution_id: execution }]);
    expect(await check(watcher, 'timeliness', '2026-03-10T14:00:00.001Z')).toEqual({ opened: 0, resolved: 0 });
    expect(await incidentsOf(watcher, id)).toMatchObject([{ severity: 'critical', status: 'open' }]);
    await watcher.end(execution);
    expect(await check(watcher, 'timeliness', '2026-03-10T14:10:00Z')).toMatchObject({ opened: 0, resolved: 1 });
  });

  it('open critical at once where both are passed between two checks', async () => {
    const id = await watcher.pipeline('both at once', TIMELY);
    await watcher.begin(id, { start_date: '2026-03-10T12:00:00Z' });
    expect(await check(watcher, 'timeliness', '2026-03-10T15:00:00Z')).toEqual({ opened: 1, resolved: 0 });
    expect(await incidentsOf(watcher, id)).toMatchObject([{ severity: 'critical' }]);
  });

  it('may be a warning alone, and end when it is taken away', async () => {
    const id = await watcher.pipeline('warning alone', {
      timeliness_warn_number: 1,
      timeliness_warn_datepart: 'hour',
    });
    await watcher.begin(id, { start_date: '2026-03-10T12:00:00Z' });
    expect(await check(watcher, 'timeliness', '2026-03-20T12:00:00Z')).toEqual({ opened: 1, resolved: 0 });
    await watcher.patch('/pipeline', { id, timeliness_warn_number: null, timeliness_warn_datepart: null });
    expect(await check(watcher, 'timeliness', '2026-03-20T12:01:00Z')).toEqual({ opened: 0, resolved: 1 });
  });

  it.each([
    [{ freshness_number: 1, freshness_datepart: 'day', freshness_warn_number: 25, freshness_warn_datepart: 'hour' }],
    [{ timeliness_number: 1, timeliness_datepart: 'week', timeliness_warn_number: 8, timeliness_warn_datepart: 'day' }],
  ])('must not warn later than they fail: %j', async (fields) => {
    const answer = await watcher.post('/pipeline', { name: 'reversed', pipeline_type_name: 'test', ...fields });
    expect(answer).toMatchObject({
      status: 422,
      body: { errors: [{ field: expect.stringContaining('warn_number') }] },
    });
  });

  it('send a message for the escalation too', async () => {
    const alerting = await Watcher.start({ alertWebhookUrl: 'http://127.0.0.1:9/', alertMaxAge: 3650 * 86_400_000 });
    try {
      const id = await alerting.pipeline('told', TIMELY);
      await alerting.begin(id, { start_date: '2026-03-10T12:00:00Z' });
      await check(alerting, 'timeliness', '2026-03-10T13:30:00Z');
      await check(alerting, 'timeliness', '2026-03-10T14:30:00Z');
      const alerts = (await alerting.get('/alert')).body;
      expect(alerts.map((alert: Json) => alert.event)).toEqual(['escalated', 'opened']);
    } finally {
      await alerting.stop();
    }
  });
});
