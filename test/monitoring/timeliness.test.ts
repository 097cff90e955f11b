import { Watcher } from '../support/watcher.js';
import { check, incidentsOf } from './checks.js';

const HOUR = { timeliness_number: 1, timeliness_datepart: 'hour' };
const START = '2026-03-10T12:00:00.000Z';
const DEADLINE = '2026-03-10T13:00:00.000Z';
const LATE = '2026-03-10T13:00:00.001Z';

describe('timeliness', () => {
  let watcher: Watcher;
  let pipeline: number;
  let names = 0;

  beforeAll(async () => {
    watcher = await Watcher.start();
  });
  afterAll(() => watcher.stop());

  beforeEach(async () => {
    await watcher.database.sql('TRUNCATE incident, late_end, pipeline_execution, pipeline, pipeline_type CASCADE');
    pipeline = await watcher.pipeline(`p${names++}`, HOUR);
  });

  describe('the deadline of an execution', () => {
    it.each([
      ['2026-01-31T10:00:00.000Z', 1, 'month', '2026-02-28T10:00:00.000Z'],
      ['2024-01-31T10:00:00.000Z', 1, 'month', '2024-02-29T10:00:00.000Z'],
      ['2024-02-29T10:00:00.000Z', 1, 'year', '2025-02-28T10:00:00.000Z'],
      ['2026-01-01T00:00:00.000Z', 2, 'week', '2026-01-15T00:00:00.000Z'],
      ['2026-01-01T00:00:00.000Z', 100_000, 'year', null],
    ])('of a start at %s with %i %s is %s', async (start_date, number, datepart, deadline) => {
      await patch({ timeliness_number: number, timeliness_datepart: datepart });
      const id = await watcher.begin(pipeline, { start_date });
      expect(await deadlineOf(id)).toBe(deadline);
    });

    it('is none beyond the year 9999', async () => {
      const [due] = await watcher.database.sql(
        `SELECT watcher_due('9999-12-31T23:00Z', 1, 'minute') AS last, watcher_due('9999-12-31T23:00Z', 1, 'hour') AS none`,
      );
      expect(due).toEqual({ last: new Date('9999-12-31T23:01:00.000Z'), none: null });
    });

    it('is the type’s where the pipeline has none, and none where neither has', async () => {
      await patch({ timeliness_number: null, timeliness_datepart: null });
      expect(await deadlineOf(await begin())).toBeNull();
      await patchType({ timeliness_number: 2, timeliness_datepart: 'hour' });
      expect(await deadlineOf(await begin())).toBe('2026-03-10T14:00:00.000Z');
    });

    it.each([
      ['by PATCH', () => patch({ timeliness_number: 3 }), '2026-03-10T15:00:00.000Z'],
      ['by a new registration', () => register({ timeliness_number: 3 }), '2026-03-10T15:00:00.000Z'],
      [
        'to that of the type',
        () => patch({ timeliness_number: null, timeliness_datepart: null }),
        '2026-03-10T17:00:00.000Z',
      ],
      ['to nothing', () => withoutAny(), null],
    ])('moves with the threshold while it runs: %s', async (_, change, deadline) => {
      await patchType({ timeliness_number: 5, timeliness_datepart: 'hour' });
      const [running, ended] = [await begin(), await begin()];
      await watcher.end(ended, { end_date: START });
      await change();
      expect(await deadlineOf(running)).toBe(deadline);
      expect(await deadlineOf(ended)).toBe(DEADLINE);
    });

    it('moves with the type’s threshold, and when the pipeline gets another type', async () => {
      await patch({ timeliness_number: null, timeliness_datepart: null });
      const running = await begin();
      await patchType({ timeliness_number: 2, timeliness_datepart: 'hour' });
      expect(await deadlineOf(running)).toBe('2026-03-10T14:00:00.000Z');
      const other = await watcher.post('/pipeline_type', { ...HOUR, name: 'other' });
      await patch({ pipeline_type_id: other.body.id });
      expect(await deadlineOf(running)).toBe(DEADLINE);
    });

    it('is corrected by the next check if a start had read the old threshold', async () => {
      const running = await watcher.begin(pipeline);
      const soon = await deadlineOf(running);
      await patch({ timeliness_number: 2 });
      const right = await deadlineOf(running);
      await watcher.database.sql('UPDATE pipeline_execution SET deadline = $2 WHERE id = $1', [running, soon]);
      await check(watcher, 'timeliness', new Date().toISOString());
      expect(await deadlineOf(running)).toBe(right);
    });
  });

  it('is late only after the deadline, and opens one incident', async () => {
    const id = await begin();
    expect(await check(watcher, 'timeliness', DEADLINE)).toEqual({ opened: 0, resolved: 0 });
    const checks = await Promise.all(Array.from({ length: 8 }, () => check(watcher, 'timeliness', LATE)));
    expect(checks.filter(({ opened }) => opened === 1)).toHaveLength(1);
    expect(await incidentsOf(watcher, pipeline)).toEqual([
      {
        id: expect.any(Number),
        kind: 'timeliness',
        severity: 'critical',
        status: 'open',
        pipeline_id: pipeline,
        pipeline_name: expect.any(String),
        execution_id: id,
        occurrences: 1,
        opened_at: LATE,
        resolved_at: null,
        expected_at: DEADLINE,
        detail: `Execution ${id} started at ${START} and was due to end by ${DEADLINE} (1 hour).`,
        root_causes: [],
        impact: null,
        acknowledged_at: null,
        acknowledged_by: null,
        note: null,
        muted_until: null,
      },
    ]);
  });

  it.each([
    ['the run succeeded', (id: number) => watcher.end(id), 'the execution ended'],
    ['the run failed', (id: number) => watcher.end(id, { completed_successfully: false }), 'the execution ended'],
    ['the pipeline was muted', () => patch({ mute_timeliness_check: true }), 'the check was muted'],
    ['the type was muted', () => patchType({ mute_timeliness_check: true }), 'the check was muted'],
    ['the pipeline was deactivated', () => patch({ active: false }), 'the pipeline is not active any more'],
    ['the pipeline was archived', () => patch({ archived: true }), 'the pipeline is not active any more'],
    ['the threshold was raised', () => patch({ timeliness_number: 2 }), 'the threshold was changed'],
    ['the threshold was removed', () => withoutAny(), 'the threshold was changed'],
  ])('resolves when %s', async (_, change, reason) => {
    const id = await begin();
    await check(watcher, 'timeliness', LATE);
    await change(id);
    expect(await check(watcher, 'timeliness', '2026-03-10T13:01:00Z')).toEqual({ opened: 0, resolved: 1 });
    const incident = (await incidentsOf(watcher, pipeline)).find(({ kind }) => kind === 'timeliness');
    expect(incident).toMatchObject({ status: 'resolved', resolved_at: '2026-03-10T13:01:00.000Z' });
    expect(incident.detail).toContain(`Resolved: ${reason}.`);
  });

  it('opens for the same run again when it is late again', async () => {
    await begin();
    await check(watcher, 'timeliness', LATE);
    await patch({ mute_timeliness_check: true });
    await check(watcher, 'timeliness', LATE);
    await patch({ mute_timeliness_check: false });
    expect(await check(watcher, 'timeliness', LATE)).toEqual({ opened: 1, resolved: 0 });
    expect((await incidentsOf(watcher, pipeline)).map(({ status }) => status)).toEqual(['open', 'resolved']);
  });

  it.each([true, false])('detects a run that was late only between two checks (success: %s)', async (success) => {
    const id = await begin();
    await watcher.end(id, { end_date: LATE, completed_successfully: success });
    const inTime = await begin();
    await watcher.end(inTime, { end_date: DEADLINE, completed_successfully: success });
    expect(await check(watcher, 'timeliness', '2026-03-10T14:00:00Z')).toEqual({ opened: 1, resolved: 1 });
    expect(await check(watcher, 'timeliness', '2026-03-10T14:01:00Z')).toEqual({ opened: 0, resolved: 0 });
    const late = (await incidentsOf(watcher, pipeline)).filter(({ kind }) => kind === 'timeliness');
    expect(late).toMatchObject([{ execution_id: id, status: 'resolved', expected_at: DEADLINE }]);
  });

  it('opens one incident for a run that was found late and then ended late', async () => {
    const id = await begin();
    await check(watcher, 'timeliness', LATE);
    await watcher.end(id, { end_date: '2026-03-10T15:00:00Z' });
    const checks = await Promise.all(
      Array.from({ length: 8 }, () => check(watcher, 'timeliness', '2026-03-10T15:01:00Z')),
    );
    expect(checks.reduce((sum, { opened, resolved }) => sum + opened * 10 + resolved, 0)).toBe(1);
    expect(await incidentsOf(watcher, pipeline)).toHaveLength(1);
  });

  it('opens no incident for a muted run that ended late', async () => {
    await patch({ mute_timeliness_check: true });
    await watcher.end(await begin(), { end_date: LATE });
    expect(await check(watcher, 'timeliness', LATE)).toEqual({ opened: 0, resolved: 0 });
  });

  it('counts an open execution however long ago it started', async () => {
    const id = await watcher.begin(pipeline, { start_date: '1970-01-01T00:00:00Z' });
    expect(await check(watcher, 'timeliness', LATE)).toEqual({ opened: 1, resolved: 0 });
    expect(await incidentsOf(watcher, pipeline)).toMatchObject([{ execution_id: id }]);
  });

  it('is checked at once by POST /timeliness, with and without a body', async () => {
    await begin();
    const none = await watcher.send('POST', '/timeliness', undefined, {});
    expect([none.status, none.body]).toEqual([200, { status: 'completed', checked: 1, opened: 1, resolved: 0 }]);
    const given = await watcher.post('/timeliness', { lookback_minutes: null });
    expect([given.status, given.body]).toEqual([200, { status: 'completed', checked: 1, opened: 0, resolved: 0 }]);
  });

  function begin(): Promise<number> {
    return watcher.begin(pipeline, { start_date: START });
  }

  async function deadlineOf(id: number): Promise<string | null> {
    return (await watcher.get(`/pipeline_execution/${id}`)).body.deadline;
  }

  async function register(fields: Record<string, unknown>): Promise<void> {
    const { body } = await watcher.get(`/pipeline/${pipeline}`);
    await watcher.pipeline(body.name, { ...HOUR, ...fields });
  }

  async function withoutAny(): Promise<void> {
    const none = { timeliness_number: null, timeliness_datepart: null };
    await patch(none);
    await patchType(none);
  }

  function patch(change: Record<string, unknown>): Promise<unknown> {
    return watcher.patch('/pipeline', { id: pipeline, ...change });
  }

  function patchType(change: Record<string, unknown>): Promise<unknown> {
    return watcher.patch('/pipeline_type', { name: 'test', ...change });
  }
});
