import { type Json, Watcher } from '../support/watcher.js';
import { check, incidentsOf } from './checks.js';

const MINUTE = 60_000;
const later = (minutes: number): Date => new Date(Date.now() + minutes * MINUTE);

describe('an execution with heartbeats', () => {
  let watcher: Watcher;
  let pipeline: number;
  let names = 0;

  beforeAll(async () => {
    watcher = await Watcher.start();
  });
  afterAll(() => watcher.stop());
  beforeEach(async () => {
    await watcher.database.sql('TRUNCATE incident, execution_heartbeat, heartbeat_watch');
    await watcher.database.sql(`UPDATE pipeline_execution SET end_date = start_date, status = 'aborted'
                                 WHERE end_date IS NULL`);
    pipeline = await watcher.pipeline(`silent ${names++}`, { next_watermark: 'w1' });
  });

  const beat = (body: Json): Promise<Json> => watcher.post('/heartbeat', body);
  const read = async (id: number): Promise<Json> => (await watcher.get(`/pipeline_execution/${id}`)).body;
  const lastOf = async (id: number): Promise<string> =>
    (await watcher.get(`/pipeline_execution/${id}/heartbeat`)).body.at;
  /** A time after the last heartbeat of an execution. */
  const afterLast = async (id: number, minutes: number): Promise<Date> =>
    new Date(Date.parse(await lastOf(id)) + minutes * MINUTE);

  it('is lost after 10 minutes of silence, and its incident names the last sign of life', async () => {
    const id = await watcher.begin(pipeline);
    await beat({ id, progress: 0.5 });
    const at = await lastOf(id);
    expect(await check(watcher, 'lost', await afterLast(id, 10))).toEqual({ opened: 0, resolved: 0 });
    expect(await read(id)).toMatchObject({ status: 'running' });
    expect(await check(watcher, 'lost', await afterLast(id, 10.001))).toEqual({ opened: 1, resolved: 0 });
    expect(await read(id)).toMatchObject({ status: 'lost', end_date: at, completed_successfully: null });
    expect(await incidentsOf(watcher, pipeline)).toMatchObject([
      {
        kind: 'lost',
        severity: 'critical',
        status: 'open',
        execution_id: id,
        detail: `Execution ${id} is lost; it was last heard of at ${at}.`,
      },
    ]);
    expect((await watcher.get('/pipeline_execution?status=lost')).body.map((e: Json) => e.id)).toContain(id);
    expect(await check(watcher, 'lost', later(20))).toEqual({ opened: 0, resolved: 0 });
    expect(await beat({ id })).toMatchObject({ status: 409 });
    expect((await watcher.get(`/pipeline/${pipeline}`)).body).toMatchObject({ watermark: null });
  });

  it('is not lost as long as it speaks, and not without a heartbeat', async () => {
    const [speaks, silent] = [await watcher.begin(pipeline), await watcher.begin(pipeline)];
    await beat({ id: speaks });
    await watcher.database.sql(`UPDATE execution_heartbeat SET at = now() - interval '14 minutes'`);
    await beat({ id: speaks });
    expect(await check(watcher, 'lost', await afterLast(speaks, 9.9))).toEqual({ opened: 0, resolved: 0 });
    expect(await check(watcher, 'lost', later(600))).toEqual({ opened: 1, resolved: 0 });
    expect(await read(silent)).toMatchObject({ status: 'running' });
  });

  it('is lost after three times its median time between heartbeats where that is longer', async () => {
    const id = await watcher.begin(pipeline);
    await beat({ id });
    // Ten minutes apart but for one long pause, which the median ignores.
    await watcher.database.sql(`UPDATE execution_heartbeat SET gaps = '{600,600,86400,600}' WHERE execution_id = $1`, [
      id,
    ]);
    expect(await check(watcher, 'lost', await afterLast(id, 30))).toEqual({ opened: 0, resolved: 0 });
    expect(await check(watcher, 'lost', await afterLast(id, 30.001))).toEqual({ opened: 1, resolved: 0 });
  });

  it.each([
    ['the pipeline’s', { lost_after_number: 2, lost_after_datepart: 'minute' }, {}, 2],
    ['the type’s', {}, { lost_after_number: 3, lost_after_datepart: 'hour' }, 180],
    [
      'the pipeline’s before the type’s',
      { lost_after_number: 1, lost_after_datepart: 'day' },
      { lost_after_number: 3, lost_after_datepart: 'hour' },
      1440,
    ],
  ])('is lost after the time of %s threshold', async (_, own, ofType, minutes) => {
    const pipeline_type_name = `type ${names++}`;
    await watcher.post('/pipeline_type', { name: pipeline_type_name, ...ofType });
    const id = await watcher.begin(await watcher.pipeline(`p${names++}`, { pipeline_type_name, ...own }));
    await beat({ id });
    expect(await check(watcher, 'lost', await afterLast(id, minutes))).toEqual({ opened: 0, resolved: 0 });
    expect(await check(watcher, 'lost', await afterLast(id, minutes + 0.001))).toEqual({ opened: 1, resolved: 0 });
  });

  it('may end after all: the end counts, moves the watermark and resolves the incident at once', async () => {
    const id = await watcher.begin(pipeline);
    await beat({ id });
    await check(watcher, 'lost', later(11));
    const end_date = new Date(Date.now() + 1000).toISOString();
    expect(await watcher.end(id, { end_date })).toMatchObject({ status: 200, body: { status: 'succeeded', end_date } });
    expect((await watcher.get(`/pipeline/${pipeline}`)).body).toMatchObject({ watermark: 'w1' });
    expect(await incidentsOf(watcher, pipeline)).toMatchObject([
      { kind: 'lost', status: 'resolved', detail: expect.stringMatching(/Resolved: the execution ended\.$/) },
    ]);
    expect(await check(watcher, 'lost', later(12))).toEqual({ opened: 0, resolved: 0 });
  });

  it('has its incident resolved by the pipeline’s next success, or when the pipeline is deactivated', async () => {
    const [first, other] = [await watcher.begin(pipeline), await watcher.pipeline(`other ${names++}`)];
    const second = await watcher.begin(other);
    await beat({ ids: [first, second] });
    await check(watcher, 'lost', later(11));
    await watcher.end(await watcher.begin(pipeline));
    await watcher.patch('/pipeline', { id: other, active: false });
    expect(await check(watcher, 'lost', later(12))).toEqual({ opened: 0, resolved: 2 });
    expect(await incidentsOf(watcher, pipeline)).toMatchObject([{ kind: 'lost', status: 'resolved' }]);
    expect(await incidentsOf(watcher, other)).toMatchObject([{ kind: 'lost', status: 'resolved' }]);
  });

  it('below a root is no incident of its own, but counts in that of a lost root', async () => {
    const root = await watcher.begin(pipeline);
    const children = [
      await watcher.begin(pipeline, { parent_id: root }),
      await watcher.begin(pipeline, { parent_id: root }),
    ];
    await beat({ ids: [children[0]] });
    expect(await check(watcher, 'lost', later(11))).toEqual({ opened: 0, resolved: 0 });
    expect(await read(children[0] as number)).toMatchObject({ status: 'lost' });
    expect(await incidentsOf(watcher, pipeline)).toEqual([]);
    await beat({ ids: [root, children[1]] });
    expect(await check(watcher, 'lost', later(12))).toEqual({ opened: 1, resolved: 0 });
    const [incident] = await incidentsOf(watcher, pipeline);
    expect(incident).toMatchObject({
      occurrences: 2,
      detail: expect.stringContaining('2 executions of a tree are lost'),
    });
    expect((await watcher.get(`/incident?kind=lost&root_id=${root}`)).body).toHaveLength(1);
  });

  it('of an inactive pipeline is lost without an incident', async () => {
    await watcher.patch('/pipeline', { id: pipeline, active: false });
    const id = await watcher.begin(pipeline);
    await beat({ id });
    expect(await check(watcher, 'lost', later(11))).toEqual({ opened: 0, resolved: 0 });
    expect(await read(id)).toMatchObject({ status: 'lost' });
  });

  it('is found by POST /timeliness', async () => {
    const id = await watcher.begin(pipeline);
    await beat({ id });
    await watcher.database.sql(`UPDATE execution_heartbeat SET at = at - interval '11 minutes'`);
    expect((await watcher.post('/timeliness', {})).body).toMatchObject({ opened: 1, resolved: 0 });
    expect(await read(id)).toMatchObject({ status: 'lost' });
  });

  it('leaves no heartbeat behind when it has ended', async () => {
    const id = await watcher.begin(pipeline);
    await beat({ id });
    await watcher.end(id);
    await check(watcher, 'lost', later(0));
    expect(await watcher.database.sql('SELECT 1 FROM execution_heartbeat')).toEqual([]);
  });

  it('is not lost because the service was away: silence counts from its return', async () => {
    const id = await watcher.begin(pipeline);
    await beat({ id });
    // The last check was before the service stopped, half an hour ago.
    await watcher.database.sql(`UPDATE execution_heartbeat SET at = now() - interval '31 minutes'`);
    await watcher.database.sql(`INSERT INTO heartbeat_watch (checked_at) VALUES (now() - interval '30 minutes')`);
    expect(await check(watcher, 'lost', later(0))).toEqual({ opened: 0, resolved: 0 });
    expect(await check(watcher, 'lost', later(5))).toEqual({ opened: 0, resolved: 0 });
    expect(await check(watcher, 'lost', later(11))).toEqual({ opened: 1, resolved: 0 });
    expect(await read(id)).toMatchObject({ status: 'lost' });
  });

  it('either ends or is lost when both happen at once, and its end is never lost', async () => {
    const ids = await Promise.all(Array.from({ length: 30 }, () => watcher.begin(pipeline)));
    await beat({ ids });
    const [, ...ends] = await Promise.all([
      check(watcher, 'lost', later(11)),
      ...ids.map((id) => watcher.end(id, { total_rows: 1 })),
    ]);
    expect(ends.map(({ status }) => status)).toEqual(ids.map(() => 200));
    for (const id of ids) expect(await read(id)).toMatchObject({ status: 'succeeded', total_rows: 1 });
  });
});

describe('WATCHER_LOST_AFTER', () => {
  let watcher: Watcher;
  beforeAll(async () => {
    watcher = await Watcher.start({ lostAfter: 60 * MINUTE });
  });
  afterAll(() => watcher.stop());

  it('closes executions of which nothing was heard for so long, from the leaves up', async () => {
    const pipeline = await watcher.pipeline('abandoned');
    const start_date = later(-120).toISOString();
    const root = await watcher.begin(pipeline, { start_date });
    const middle = await watcher.begin(pipeline, { start_date, parent_id: root });
    const leaf = await watcher.begin(pipeline, { start_date, parent_id: middle });
    const recent = await watcher.begin(pipeline);
    const alive = await watcher.begin(pipeline, { start_date });
    await watcher.post('/heartbeat', { id: alive });
    const parent = await watcher.begin(pipeline, { start_date });
    await watcher.begin(pipeline, { parent_id: parent });
    const busy = await watcher.begin(pipeline, { start_date });
    const child = await watcher.pipeline('done');
    await watcher.end(await watcher.begin(child, { start_date, parent_id: busy }));
    expect(await check(watcher, 'lost', later(0))).toEqual({ opened: 1, resolved: 0 });
    const statuses = await Promise.all(
      [root, middle, leaf, recent, alive, parent, busy].map(
        async (id) => (await watcher.get(`/pipeline_execution/${id}`)).body.status as string,
      ),
    );
    expect(statuses).toEqual(['lost', 'lost', 'lost', 'running', 'running', 'running', 'running']);
    expect(await incidentsOf(watcher, pipeline)).toMatchObject([{ kind: 'lost', execution_id: root, occurrences: 3 }]);
  });
});
