import { type Json, Watcher } from '../support/watcher.js';
import { check, incidentsOf } from './checks.js';
import { answer, Receiver, until } from './receiver.js';

/** The messages that are written about an incident, and those that are not. */
describe('messages', () => {
  let receiver: Receiver;
  let watcher: Watcher;
  let pipeline: number;
  let names = 0;

  beforeAll(async () => {
    receiver = await Receiver.start();
    receiver.behaviour = answer(200);
    watcher = await Watcher.start({ alertWebhookUrl: `${receiver.url}/hook` });
  });
  afterAll(async () => {
    await watcher.stop();
    await receiver.close();
  });

  beforeEach(async () => {
    pipeline = await watcher.pipeline(`p ${names++}`, { timeliness_number: 1, timeliness_datepart: 'hour' });
    await watcher.database.sql('TRUNCATE alert, incident, incident_failure, late_end');
  });

  /** The written messages, oldest first: the event, and the incidents. */
  async function written(): Promise<Json[]> {
    return (await watcher.get('/alert')).body
      .toReversed()
      .map(({ event, incident_ids }: Json) => [event, incident_ids]);
  }

  /** A run of the pipeline. */
  async function run(start_date: string, end_date: string, completed_successfully: boolean): Promise<number> {
    const id = await watcher.begin(pipeline, { start_date });
    await watcher.end(id, { end_date, completed_successfully });
    return id;
  }

  const ago = (hours: number): string => new Date(Date.now() - hours * 3_600_000).toISOString();
  const fail = (): Promise<number> => run(ago(0.1), ago(0), false);
  const checkNow = (): Promise<Json> => check(watcher, 'timeliness', new Date(Date.now() + 1).toISOString());
  const incident = async (): Promise<Json> => (await incidentsOf(watcher, pipeline))[0];

  it('are one for five consecutive failures, and one for the success', async () => {
    for (let i = 0; i < 5; i++) await fail();
    const { id, occurrences } = await incident();
    expect(occurrences).toBe(5);
    await run(ago(0.1), ago(0), true);
    expect(await written()).toEqual([
      ['opened', [id]],
      ['resolved', [id]],
    ]);
    expect((await incident()).detail).toMatch(/^5 executions failed in a row, the last one \(\d+\) at .* Resolved: /);
  });

  it('remind once a day while it continues to fail', async () => {
    await fail();
    const { id } = await incident();
    await watcher.database.sql(`UPDATE incident SET notified_at = notified_at - interval '22 hours'`);
    await fail();
    expect(await written()).toEqual([['opened', [id]]]);
    await watcher.database.sql(`UPDATE incident SET notified_at = notified_at - interval '1 hour'`);
    await fail();
    await fail();
    expect(await written()).toEqual([
      ['opened', [id]],
      ['reminder', [id]],
    ]);
    const reminder = await until(() => receiver.received.find(({ body }) => body.event === 'reminder'));
    expect(reminder.body.incidents).toMatchObject([{ id, occurrences: 3 }]);
  });

  it('are not written for the nights of last month, reported in any order', async () => {
    const night = (day: number, isGood: boolean): Promise<number> => {
      const date = `2026-03-${String(day).padStart(2, '0')}`;
      // Late by an hour, each of them.
      return run(`${date}T02:00:00Z`, `${date}T04:00:00Z`, isGood);
    };
    for (let day = 1; day < 10; day++) await night(day, day % 3 === 0);
    for (const day of [18, 17, 16, 15, 14, 13]) await night(day, day % 3 === 0);
    await checkNow();
    const incidents = await incidentsOf(watcher, pipeline);
    expect(incidents.filter(({ kind }) => kind === 'timeliness')).toHaveLength(15);
    // Three nights that a success ended, and the four before them, reported after the success of the 18th.
    expect(incidents.filter(({ kind }) => kind === 'failure')).toHaveLength(3 + 4);
    expect(incidents.every(({ status }) => status === 'resolved')).toBe(true);
    expect(await written()).toEqual([]);
  });

  it('are written an hour later if an old failure is still the latest state', async () => {
    await run('2026-03-01T02:00:00Z', '2026-03-01T02:30:00Z', false);
    await checkNow();
    expect(await written()).toEqual([]);
    expect(await incident()).toMatchObject({ status: 'open' });
    await watcher.database.sql(`UPDATE incident SET opened_at = opened_at - interval '61 minutes'`);
    await checkNow();
    await checkNow();
    expect(await written()).toEqual([['opened', [(await incident()).id]]]);
  });

  it('are written at once when such a pipeline fails today', async () => {
    await run('2026-03-01T02:00:00Z', '2026-03-01T02:30:00Z', false);
    await fail();
    const { id } = await incident();
    await run(ago(0.1), ago(0), true);
    expect(await written()).toEqual([
      ['opened', [id]],
      ['resolved', [id]],
    ]);
  });

  it('are not written for a failure that a success had followed', async () => {
    await run(ago(3), ago(1), true);
    await run(ago(2.5), ago(2), false);
    expect(await incident()).toMatchObject({ kind: 'failure', status: 'resolved' });
    await watcher.end(await watcher.begin(pipeline));
    expect(await written()).toEqual([]);
  });

  it('are one for a run that was late and over between two checks', async () => {
    await run(ago(3), ago(1), true);
    expect(await checkNow()).toEqual({ opened: 1, resolved: 1 });
    const late = await incident();
    expect(late).toMatchObject({ kind: 'timeliness', status: 'resolved' });
    expect(await written()).toEqual([['resolved', [late.id]]]);
  });

  it('are two for a run that is late and ends later', async () => {
    const id = await watcher.begin(pipeline, { start_date: ago(3) });
    await checkNow();
    await watcher.end(id);
    await checkNow();
    expect((await written()).map(([event]) => event)).toEqual(['opened', 'resolved']);
  });

  it('are not written while the incident is muted, and are again afterwards', async () => {
    await fail();
    const { id } = await incident();
    const mute = (muted_until: string): Promise<unknown> => watcher.patch(`/incident/${id}`, { muted_until });
    await mute(new Date(Date.now() + 3_600_000).toISOString());
    await watcher.database.sql(`UPDATE incident SET notified_at = notified_at - interval '2 days'`);
    await fail();
    expect(await written()).toEqual([['opened', [id]]]);
    await mute(ago(0.01));
    await fail();
    await mute(new Date(Date.now() + 3_600_000).toISOString());
    await run(ago(0.1), ago(0), true);
    expect(await incident()).toMatchObject({ status: 'resolved' });
    expect(await written()).toEqual([
      ['opened', [id]],
      ['reminder', [id]],
    ]);
  });
});
