import { type Json, Watcher } from '../support/watcher.js';
import { check, incidentsOf } from '../monitoring/checks.js';

const MINUTE = 60_000;
const at = (minutesAgo: number): string => new Date(Date.now() - minutesAgo * MINUTE).toISOString();
const later = (minutes: number): Date => new Date(Date.now() + minutes * MINUTE);
const runId = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

/** An event of the n-th run of a job, with facets of the run. */
function event(job: string, run: number, eventType: string, eventTime: string, facets: Json = {}): Json {
  return { eventType, eventTime, run: { runId: runId(run), facets }, job: { namespace: 'near', name: job } };
}

const below = (run: number, job: string): Json => ({
  parent: { run: { runId: runId(run) }, job: { namespace: 'near', name: job } },
});

let watcher: Watcher;
async function send(...events: readonly Json[]): Promise<void> {
  expect((await watcher.post('/api/v1/lineage/batch', events)).body).toMatchObject({ status: 'success' });
}
const executionOf = async (run: number): Promise<Json> =>
  (await watcher.get(`/pipeline_execution?external_id=${runId(run)}`)).body[0];

describe('a run that its producer does not end', () => {
  beforeAll(async () => {
    watcher = await Watcher.start();
  });
  afterAll(() => watcher.stop());

  it('is lost an hour after all above it ended, and not before; it opens no incident below them', async () => {
    await send(event('application', 1, 'START', at(30)), event('part', 2, 'START', at(29), below(1, 'application')));
    await check(watcher, 'lost', later(600));
    expect((await executionOf(2)).status).toBe('running');
    await send(event('application', 1, 'COMPLETE', at(20)));
    await check(watcher, 'lost', later(39));
    expect((await executionOf(2)).status).toBe('running');
    await check(watcher, 'lost', later(41));
    expect(await executionOf(2)).toMatchObject({ status: 'lost', completed_successfully: null });
    expect(await incidentsOf(watcher, (await executionOf(2)).pipeline_id)).toEqual([]);
  });

  it('runs again with its next sign of life, and is judged by its end', async () => {
    await send(event('part', 2, 'RUNNING', at(10), below(1, 'application')));
    expect(await executionOf(2)).toMatchObject({ status: 'running', end_date: null });
    await send(event('part', 2, 'COMPLETE', at(5), below(1, 'application')));
    expect((await executionOf(2)).status).toBe('succeeded');
  });
});

describe('a run that nobody claims any more', () => {
  beforeAll(async () => {
    watcher = await Watcher.start();
  });
  afterAll(() => watcher.stop());

  it('does not lengthen the expected run above it', async () => {
    const under = (run: number, job: string): Json => ({
      parent: {
        ...below(run, job).parent,
        root: { run: { runId: runId(10) }, job: { namespace: 'near', name: 'root' } },
      },
    });
    const [named, begun, other] = [at(20), at(10), at(8)];
    await send(event('root', 10, 'OTHER', named), event('child', 12, 'START', begun, under(11, 'group')));
    const times = async (): Promise<Json> => {
      const { status, start_date: start, end_date: end } = await executionOf(10);
      return { status, start, end };
    };
    expect(await times()).toEqual({ status: 'expected', start: named, end: begun });
    await send(event('child', 12, 'COMPLETE', other, below(13, 'another group')));
    expect(await times()).toEqual({ status: 'expected', start: named, end: named });
  });
});

describe('the schedule of an Airflow DAG', () => {
  const dagRun = { airflowDagRun: { dag: { timetable: { expression: '0 2 * * *', timezone: 'Europe/Berlin' } } } };
  const scheduleOf = async (name: string): Promise<Json> => {
    const [{ schedule, schedule_timezone: zone }] = (await watcher.get(`/pipeline?namespace=near&name=${name}`)).body;
    return [schedule, zone];
  };
  afterEach(() => watcher.stop());

  it('is left out by default', async () => {
    watcher = await Watcher.start();
    await send(event('nightly', 1, 'START', at(5), dagRun));
    expect(await scheduleOf('nightly')).toEqual([null, null]);
  });

  it('is taken with WATCHER_OPENLINEAGE_SCHEDULES, follows the DAG, and gives way to an operator', async () => {
    watcher = await Watcher.start({ openlineageSchedules: true });
    await send(event('nightly', 1, 'START', at(5), dagRun));
    expect(await scheduleOf('nightly')).toEqual(['0 2 * * *', 'Europe/Berlin']);
    const moved = { airflowDagRun: { dag: { timetable: { expression: '0 3 * * *', timezone: 'UTC' } } } };
    await send(event('nightly', 2, 'START', at(4), moved), event('nightly', 1, 'COMPLETE', at(4.5), dagRun));
    expect(await scheduleOf('nightly')).toEqual(['0 3 * * *', 'UTC']);
    const [{ id }] = (await watcher.get('/pipeline?namespace=near&name=nightly')).body;
    const patched = await watcher.patch('/pipeline', { id, schedule: '0 4 * * *', schedule_timezone: 'UTC' });
    expect(patched.status).toBe(200);
    await send(event('nightly', 3, 'START', at(3), dagRun));
    expect(await scheduleOf('nightly')).toEqual(['0 4 * * *', 'UTC']);
  });

  it.each([
    ['no expression', { timezone: 'UTC' }],
    ['an alias of Airflow', { expression: '@continuous', timezone: 'UTC' }],
    ['an unknown zone', { expression: '0 2 * * *', timezone: 'Mars/Olympus' }],
  ])('is left out where it is unusable: %s', async (_, timetable) => {
    watcher = await Watcher.start({ openlineageSchedules: true });
    await send(event('odd', 1, 'START', at(5), { airflowDagRun: { dag: { timetable } } }));
    expect(await scheduleOf('odd')).toEqual([null, null]);
  });
});

describe('the metrics', () => {
  it('count events, facets that were skipped, moves, refusals and contradictions, and say what is expected', async () => {
    watcher = await Watcher.start();
    await send(
      event('a', 1, 'START', at(9), { ...below(9, 'never heard of'), nominalTime: 'no object' }),
      event('b', 2, 'FAIL', at(8)),
      event('b', 2, 'COMPLETE', at(7)),
    );
    await send(event('b', 2, 'OTHER', at(6), below(1, 'a')), event('c', 3, 'unheard of', at(5)));
    await send(event('a', 1, 'RUNNING', at(4), below(2, 'b')));
    await watcher.post('/api/v1/lineage', { run: {}, eventTime: at(1) });
    const text = (await watcher.get('/metrics')).text;
    const value = (name: string): number =>
      Number(
        text
          .split('\n')
          .find((line) => line.startsWith(`${name} `))
          ?.split(' ')[1] ?? NaN,
      );
    const events = (type: string, result = 'taken'): string =>
      `watcher_openlineage_events_total{type="${type}",integration="UNKNOWN",result="${result}"}`;
    expect({
      start: value(events('START')),
      fail: value(events('FAIL')),
      other: value(events('OTHER')),
      refused: value(events('UNKNOWN', 'refused')),
      skipped: value('watcher_openlineage_facets_skipped_total{facet="nominalTime"}'),
      moved: value('watcher_openlineage_changes_total{change="moved"}'),
      cycles: value('watcher_openlineage_changes_total{change="refused"}'),
      contradictory: value('watcher_openlineage_changes_total{change="contradictory"}'),
      expected: value('watcher_expected_executions'),
      measured: value('watcher_openlineage_lag_seconds_count'),
    }).toEqual({
      start: 1,
      fail: 1,
      other: 2,
      refused: 1,
      skipped: 1,
      moved: 2,
      cycles: 1,
      contradictory: 1,
      expected: 2,
      measured: 6,
    });
    await watcher.stop();
  });
});

describe('the fields of a dataset', () => {
  const written = (eventTime: string, fields: Json): Json => ({
    ...event('load', 1, 'RUNNING', eventTime),
    outputs: [{ namespace: 'near', name: 'orders', facets: { schema: { fields } } }],
  });
  const column = (name: string, more: Json = {}): Json => ({ name, type: 'text', description: null, ...more });
  const dataset = async (): Promise<Json> => (await watcher.get('/dataset?namespace=near&name=orders')).body[0];
  beforeAll(async () => {
    watcher = await Watcher.start();
  });
  afterAll(() => watcher.stop());

  it('are those that the latest event states, whatever comes last', async () => {
    const [early, middle, late] = [at(30), at(20), at(10)] as const;
    await send(
      written(middle, [
        { name: 'a', type: 'text' },
        { name: 'b\u0000', type: 'text', description: 'second' },
      ]),
    );
    expect(await dataset()).toMatchObject({
      fields: [column('a'), column('b\ufffd', { description: 'second' })],
      fields_at: middle,
    });
    const nested = {
      name: 'c',
      type: 'text',
      fields: [{ name: 'd', type: 'text' }, 'no object', { type: 'nameless' }],
    };
    await send(written(late, [nested]), written(early, [{ name: 'old' }]));
    await send(written(early, [{ name: 'older' }]), written(late, 'no list'), written(at(5), []));
    expect(await dataset()).toMatchObject({ fields: [column('c', { fields: [column('d')] })], fields_at: late });
  });

  it('do not depend on the order of two events of the same moment', async () => {
    const same = at(3);
    const answers: Json[] = [];
    for (const names of [
      ['x', 'y'],
      ['y', 'x'],
    ]) {
      await watcher.database.sql('UPDATE address SET schema = NULL, schema_at = NULL');
      for (const name of names) await send(written(same, [{ name, type: 'text' }]));
      answers.push((await dataset()).fields);
    }
    expect(answers[0]).toEqual([column('y')]);
    expect(answers[1]).toEqual(answers[0]);
  });

  it('are left out where they are too large, and at most 1,000 are kept', async () => {
    const many = Array.from({ length: 1500 }, (_, n) => ({ name: `f${n}`, type: 'text' }));
    await send(written(at(2), many));
    expect((await dataset()).fields).toHaveLength(1000);
    await send(written(at(1), [{ name: 'long', description: 'x'.repeat(300_000) }]));
    expect((await dataset()).fields).toHaveLength(1000);
  });
});
