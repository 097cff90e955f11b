import { type Json, Watcher } from '../support/watcher.js';
import { check, incidentsOf, load, registeredAt } from './checks.js';

const DAY = { freshness_number: 1, freshness_datepart: 'day' };
const FRESH = '2026-03-10T12:00:00.000Z';
const STALE = '2026-03-11T12:00:00.001Z';

describe('freshness', () => {
  let watcher: Watcher;
  let pipeline: number;
  let names = 0;

  beforeAll(async () => {
    watcher = await Watcher.start();
  });
  afterAll(() => watcher.stop());

  /** A pipeline that loaded at noon of 10 March 2026, stale a millisecond after noon of the 11th. */
  beforeEach(async () => {
    await watcher.database.sql('TRUNCATE incident, pipeline, pipeline_type CASCADE');
    pipeline = await watcher.pipeline(`p${names++}`, DAY);
    await load(watcher, pipeline, FRESH);
  });

  it('is violated only after the threshold', async () => {
    expect(await check(watcher, 'freshness', '2026-03-11T12:00:00.000Z')).toEqual({ opened: 0, resolved: 0 });
    expect(await check(watcher, 'freshness', STALE)).toEqual({ opened: 1, resolved: 0 });
    expect(await incidentsOf(watcher, pipeline)).toEqual([
      {
        id: expect.any(Number),
        kind: 'freshness',
        severity: 'critical',
        status: 'open',
        pipeline_id: pipeline,
        pipeline_name: expect.any(String),
        execution_id: null,
        occurrences: 1,
        opened_at: STALE,
        resolved_at: null,
        expected_at: '2026-03-11T12:00:00.000Z',
        detail: 'No data since 2026-03-10T12:00:00.000Z; it was expected by 2026-03-11T12:00:00.000Z (1 day).',
        root_causes: [],
        impact: null,
        acknowledged_at: null,
        acknowledged_by: null,
        note: null,
        muted_until: null,
      },
    ]);
  });

  it('opens once, however many checks and replicas run', async () => {
    const checks = await Promise.all(Array.from({ length: 8 }, () => check(watcher, 'freshness', STALE)));
    expect(checks.filter(({ opened }) => opened === 1)).toHaveLength(1);
    expect(await incidentsOf(watcher, pipeline)).toHaveLength(1);
  });

  it.each([
    ['data arrived', () => load(watcher, pipeline, '2026-03-11T12:00:00Z'), 'data arrived'],
    ['the pipeline was muted', () => patch({ mute_freshness_check: true }), 'the check was muted'],
    ['the type was muted', () => patchType({ mute_freshness_check: true }), 'the check was muted'],
    ['the pipeline was deactivated', () => patch({ active: false }), 'the pipeline is not active any more'],
    ['the pipeline was archived', () => patch({ archived: true }), 'the pipeline is not active any more'],
    ['the threshold was raised', () => patch({ freshness_number: 2 }), 'the threshold was changed'],
    [
      'the threshold was removed',
      () => patch({ freshness_number: null, freshness_datepart: null }),
      'the threshold was changed',
    ],
  ])('resolves when %s', async (_, change, reason) => {
    await check(watcher, 'freshness', STALE);
    await change();
    expect(await check(watcher, 'freshness', '2026-03-11T12:01:00Z')).toEqual({ opened: 0, resolved: 1 });
    const [incident] = await incidentsOf(watcher, pipeline);
    expect(incident).toMatchObject({ status: 'resolved', resolved_at: '2026-03-11T12:01:00.000Z' });
    expect(incident.detail).toContain(`Resolved: ${reason}.`);
    expect(await check(watcher, 'freshness', '2026-03-11T12:02:00Z')).toEqual({ opened: 0, resolved: 0 });
  });

  it.each([
    ['a failure', { completed_successfully: false, inserts: 5 }],
    ['a success that changed nothing', { total_rows: 5 }],
  ])('is not ended by %s', async (_, fields) => {
    await check(watcher, 'freshness', STALE);
    const id = await watcher.begin(pipeline, { start_date: STALE });
    await watcher.end(id, { end_date: STALE, ...fields });
    expect(await check(watcher, 'freshness', '2026-03-11T12:01:00Z')).toEqual({ opened: 0, resolved: 0 });
  });

  it('opens again after it was resolved, and keeps the history', async () => {
    await check(watcher, 'freshness', STALE);
    await load(watcher, pipeline, '2026-03-11T12:00:00Z');
    await check(watcher, 'freshness', '2026-03-11T12:01:00Z');
    expect(await check(watcher, 'freshness', '2026-03-12T13:00:00Z')).toEqual({ opened: 1, resolved: 0 });
    expect((await incidentsOf(watcher, pipeline)).map(({ status }) => status)).toEqual(['open', 'resolved']);
  });

  it('counts from the registration if nothing was ever loaded', async () => {
    const never = await watcher.pipeline('never', DAY);
    await registeredAt(watcher, never, '2026-03-01T00:00:00Z');
    await check(watcher, 'freshness', '2026-03-02T00:00:00Z');
    expect(await incidentsOf(watcher, never)).toEqual([]);
    await check(watcher, 'freshness', '2026-03-02T00:00:00.001Z');
    expect(await incidentsOf(watcher, never)).toMatchObject([{ expected_at: '2026-03-02T00:00:00.000Z' }]);
  });

  it.each([
    ['last_target_update', 'updates'],
    ['last_target_soft_delete', 'soft_deletes'],
  ])('counts %s as data', async (_, count) => {
    const id = await watcher.begin(pipeline, { start_date: '2026-03-10T18:00:00Z' });
    await watcher.end(id, { end_date: '2026-03-10T18:00:00Z', [count]: 1 });
    expect(await check(watcher, 'freshness', STALE)).toEqual({ opened: 0, resolved: 0 });
  });

  describe('the threshold of the type', () => {
    beforeEach(async () => {
      await patchType({ freshness_number: 2, freshness_datepart: 'day' });
    });

    it('applies if the pipeline has no threshold of its own', async () => {
      await patch({ freshness_number: null, freshness_datepart: null });
      expect(await check(watcher, 'freshness', '2026-03-12T12:00:00.000Z')).toEqual({ opened: 0, resolved: 0 });
      expect(await check(watcher, 'freshness', '2026-03-12T12:00:00.001Z')).toEqual({ opened: 1, resolved: 0 });
      await patchType({ freshness_number: 3 });
      expect(await check(watcher, 'freshness', '2026-03-12T12:00:00.001Z')).toEqual({ opened: 0, resolved: 1 });
    });

    it('is overridden by that of the pipeline', async () => {
      expect(await check(watcher, 'freshness', STALE)).toEqual({ opened: 1, resolved: 0 });
    });

    it('is ignored while the type is muted', async () => {
      await patch({ freshness_number: null, freshness_datepart: null });
      await patchType({ mute_freshness_check: true });
      expect(await check(watcher, 'freshness', '2027-01-01T00:00:00Z')).toEqual({ opened: 0, resolved: 0 });
      await patchType({ mute_freshness_check: false });
      expect(await check(watcher, 'freshness', '2027-01-01T00:00:00Z')).toEqual({ opened: 1, resolved: 0 });
    });
  });

  it.each([
    ['2026-01-31T10:00:00.000Z', 1, 'month', '2026-02-28T10:00:00.000Z'],
    ['2028-01-31T10:00:00.000Z', 1, 'month', '2028-02-29T10:00:00.000Z'],
    ['2026-03-31T10:00:00.000Z', 13, 'month', '2027-04-30T10:00:00.000Z'],
    ['2028-02-29T10:00:00.000Z', 1, 'year', '2029-02-28T10:00:00.000Z'],
    ['2028-02-29T10:00:00.000Z', 4, 'year', '2032-02-29T10:00:00.000Z'],
    ['2026-03-28T10:00:00.000Z', 1, 'week', '2026-04-04T10:00:00.000Z'],
    ['2026-12-31T23:59:00.000Z', 1, 'minute', '2027-01-01T00:00:00.000Z'],
    ['2026-03-29T00:30:00.000Z', 24, 'hour', '2026-03-30T00:30:00.000Z'],
  ])('adds to %s %i %s by the calendar of UTC, own or of the type', async (from, number, datepart, due) => {
    const threshold = { freshness_number: number, freshness_datepart: datepart };
    await watcher.database.sql('UPDATE pipeline SET last_target_insert = $1', [from]);
    const late = new Date(Date.parse(due) + 1).toISOString();
    for (const own of [true, false]) {
      await patch(own ? threshold : { freshness_number: null, freshness_datepart: null });
      await patchType(own ? {} : threshold);
      expect(await check(watcher, 'freshness', due)).toEqual({ opened: 0, resolved: own ? 0 : 1 });
      expect(await check(watcher, 'freshness', late)).toEqual({ opened: 1, resolved: 0 });
      expect(await incidentsOf(watcher, pipeline)).toMatchObject([{ expected_at: due }, ...(own ? [] : [{}])]);
    }
  });

  it('finds exactly the stale pipelines, around every month end', async () => {
    await watcher.database.sql(
      `INSERT INTO pipeline (name, pipeline_type_id, last_target_insert, config_hash)
       SELECT 'bulk ' || h, t.id, timestamptz '2027-11-20T00:00:00Z' + h * interval '7 hours', 'x'
         FROM generate_series(1, 600) h, pipeline_type t`,
    );
    for (const [number, datepart] of [
      [1, 'month'],
      [3, 'month'],
      [1, 'year'],
      [30, 'day'],
    ]) {
      await patchType({ freshness_number: number, freshness_datepart: datepart });
      for (const now of [
        '2028-02-29T09:00:00Z',
        '2028-03-01T09:00:00Z',
        '2028-03-31T09:00:00Z',
        '2029-02-28T09:00:00Z',
      ]) {
        await watcher.database.sql('TRUNCATE incident');
        await check(watcher, 'freshness', now);
        const [{ wrong }] = await watcher.database.sql<Json>(
          `SELECT count(*)::int AS wrong
             FROM pipeline p LEFT JOIN incident i ON i.pipeline_id = p.id
            WHERE p.freshness_number IS NULL
              AND (i.id IS NOT NULL) <> ((p.last_target_insert AT TIME ZONE 'UTC' + $1::interval) AT TIME ZONE 'UTC' < $2)`,
          [`${number} ${datepart}`, now],
        );
        expect({ number, datepart, now, wrong }).toEqual({ number, datepart, now, wrong: 0 });
      }
    }
  });

  it('checks the others despite a threshold of 100,000 years', async () => {
    const years = { freshness_number: 100_000, freshness_datepart: 'year' };
    await watcher.pipeline('absurd', years);
    await watcher.post('/pipeline_type', { name: 'absurd', ...years });
    const oldest = await watcher.pipeline('of the absurd type', { pipeline_type_name: 'absurd' });
    await registeredAt(watcher, oldest, '0001-01-01T00:00:00Z');
    expect(await check(watcher, 'freshness', STALE)).toEqual({ opened: 1, resolved: 0 });
    expect(await check(watcher, 'freshness', '9999-12-31T23:59:59Z')).toEqual({ opened: 0, resolved: 0 });
  });

  it('is checked at once by POST /freshness, with and without a body', async () => {
    const none = await watcher.send('POST', '/freshness', undefined, {});
    expect([none.status, none.body]).toEqual([200, { status: 'completed', checked: 1, opened: 1, resolved: 0 }]);
    const empty = await watcher.send('POST', '/freshness', '', { 'content-type': 'application/json' });
    expect([empty.status, empty.body]).toEqual([200, { status: 'completed', checked: 1, opened: 0, resolved: 0 }]);
    await patch({ active: false });
    const given = await watcher.post('/freshness', { lookback_minutes: 60 });
    expect([given.status, given.body]).toEqual([200, { status: 'completed', checked: 0, opened: 0, resolved: 1 }]);
    expect((await watcher.post('/freshness', {}, { prefer: 'return=minimal' })).status).toBe(204);
    expect((await watcher.post('/freshness', { lookback_minutes: 'all' })).status).toBe(422);
    expect((await watcher.post('/freshness', [])).status).toBe(422);
  });

  function patch(change: Record<string, unknown>): Promise<unknown> {
    return watcher.patch('/pipeline', { id: pipeline, ...change });
  }

  function patchType(change: Record<string, unknown>): Promise<unknown> {
    return watcher.patch('/pipeline_type', { name: 'test', ...change });
  }
});
