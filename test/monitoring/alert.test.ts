import { createHmac } from 'node:crypto';
import { createDatabase } from '../support/database.js';
import { type Json, Watcher } from '../support/watcher.js';
import { check } from './checks.js';
import { answer, drop, hang, Receiver, until } from './receiver.js';

const SECRET = 'a secret between the two';

describe('alerts', () => {
  let receiver: Receiver;
  let watcher: Watcher;
  let names = 0;

  const channels = (): Json => ({
    slackWebhookUrl: `${receiver.url}/slack`,
    alertWebhookUrl: `${receiver.url}/hook?token=private`,
    alertWebhookSecret: SECRET,
  });
  const hooks = () => receiver.at('/hook?token=private');

  beforeAll(async () => {
    receiver = await Receiver.start();
    watcher = await Watcher.start(channels());
  });
  afterAll(async () => {
    await watcher.stop();
    await receiver.close();
  });

  beforeEach(async () => {
    receiver.received.length = 0;
    receiver.behaviour = answer(200);
    await watcher.database.sql('TRUNCATE alert, incident');
  });

  it('report an opening and a resolution to both channels, each once, signed', async () => {
    const pipeline = await watcher.pipeline('Customers <!channel> & co', {});
    await fail(pipeline, 'refused by <db>');
    await until(() => hooks().length === 1 && receiver.at('/slack').length === 1);
    const [incident] = (await watcher.get(`/incident?pipeline_id=${pipeline}`)).body;
    const [opened] = hooks();
    expect(opened?.body).toEqual({
      delivery_id: opened?.headers['watcher-delivery'],
      event: 'opened',
      created_at: incident.opened_at,
      incident_count: 1,
      incidents: [incident],
    });
    const signature = createHmac('sha256', SECRET)
      .update(opened?.text ?? '')
      .digest('hex');
    expect(opened?.headers).toMatchObject({
      'content-type': 'application/json',
      'watcher-signature': `sha256=${signature}`,
    });
    const [slack] = receiver.at('/slack');
    expect(slack?.headers['watcher-signature']).toBeUndefined();
    expect(slack?.text).not.toContain('<');
    expect(slack?.body.text).toBe('1 incident opened: Failed: Customers &lt;!channel&gt; &amp; co');
    expect(slack?.body.blocks.map(({ type }: Json) => type)).toEqual(['header', 'section', 'context', 'context']);
    expect(slack?.body.blocks[1].text.text).toContain('refused by &lt;db&gt;');

    await watcher.end(await watcher.begin(pipeline));
    await until(() => hooks().length === 2 && receiver.at('/slack').length === 2);
    expect(hooks()[1]?.body).toMatchObject({ event: 'resolved', incidents: [{ id: incident.id, status: 'resolved' }] });
    const listed = await until(async () => {
      const alerts = (await watcher.get('/alert')).body;
      return alerts.every(({ status }: Json) => status === 'sent') ? alerts : undefined;
    });
    expect(listed).toHaveLength(4);
    expect(listed).toContainEqual({
      id: expect.any(Number),
      delivery_id: opened?.headers['watcher-delivery'],
      channel: 'webhook',
      route: 'default',
      target: 'webhook',
      event: 'opened',
      incident_ids: [incident.id],
      status: 'sent',
      attempts: 1,
      last_error: null,
      created_at: incident.opened_at,
      next_attempt_at: null,
      sent_at: expect.any(String),
    });
    expect((await watcher.get('/alert?channel=slack&status=sent')).body).toHaveLength(2);
    expect((await watcher.get('/alert?status=waiting')).body).toEqual([]);
    expect((await watcher.get(`/alert?incident_id=${incident.id}&event=opened`)).status).toBe(422);
    expect(await watcher.all(`/alert?incident_id=${incident.id}&limit=1`)).toEqual(listed);
    expect((await watcher.get(`/alert?incident_id=${incident.id + 1}`)).body).toEqual([]);
    expect(await watcher.all('/alert?limit=1')).toEqual(listed);
  });

  it('are one message for all incidents of a check, within the limits of Slack', async () => {
    const threshold = { timeliness_number: 1, timeliness_datepart: 'minute' };
    const pipeline = await watcher.pipeline('x'.repeat(255), threshold);
    const start = { start_date: '2026-03-10T12:00:00Z' };
    await Promise.all(Array.from({ length: 60 }, () => watcher.begin(pipeline, start)));
    expect(await check(watcher, 'timeliness', '2026-03-10T13:00:00Z')).toEqual({ opened: 60, resolved: 0 });
    await until(() => hooks().length === 1 && receiver.at('/slack').length === 1);
    expect(hooks()[0]?.body).toMatchObject({ incident_count: 60, incidents: { length: 60 } });
    const { blocks, text } = receiver.at('/slack').at(0)?.body ?? {};
    expect(text).toBe(`60 incidents opened: Late: ${'x'.repeat(79)}… (60)`);
    expect(blocks).toHaveLength(42);
    expect(blocks.at(-1).elements[0].text).toMatch(/^and 40 more: GET \/incident · delivery /);
    expect(blocks.every((block: Json) => (block.text?.text ?? '').length <= 3000)).toBe(true);
    await watcher.patch('/pipeline', { id: pipeline, active: false });
    expect(await check(watcher, 'timeliness', '2026-03-10T13:01:00Z')).toEqual({ opened: 0, resolved: 60 });
    await until(() => hooks().length === 2 && receiver.at('/slack').length === 2);
  });

  it.each([
    ['answers 500', answer(500, {}, 'stack trace with a password'), 'the receiver answered 500'],
    ['redirects', answer(302, { location: '/elsewhere' }), 'the receiver answered 302'],
    ['drops the connection when it has read', drop, 'the receiver could not be reached'],
  ])('are repeated under the same id to a receiver that %s', async (_, behaviour, reason) => {
    receiver.behaviour = behaviour;
    await fail(await watcher.pipeline(`p${names++}`));
    const failed = await until(() => alertWith('webhook', ({ attempts }) => attempts === 1));
    expect(failed).toMatchObject({ status: 'waiting', next_attempt_at: expect.any(String), sent_at: null });
    expect(failed.last_error).toContain(reason);
    receiver.behaviour = answer(204);
    await hurry();
    expect(await until(() => alertWith('webhook', ({ status }) => status === 'sent'))).toMatchObject({
      attempts: 2,
      last_error: null,
    });
    const [first, second, ...more] = hooks();
    expect(more).toEqual([]);
    expect(second?.headers['watcher-delivery']).toBe(first?.headers['watcher-delivery']);
    expect(second?.text).toBe(first?.text);
    expect(receiver.at('/elsewhere')).toEqual([]);
  });

  it('reach a receiver that was down at first', async () => {
    await receiver.close();
    await fail(await watcher.pipeline(`p${names++}`));
    const failed = await until(() => alertWith('webhook', ({ attempts }) => attempts === 1));
    expect(failed.last_error).toBe('the receiver could not be reached (ECONNREFUSED)');
    await receiver.open();
    await hurry();
    await until(() => hooks().length === 1 && receiver.at('/slack').length === 1);
  });

  it('wait as long as an overloaded receiver asks for', async () => {
    receiver.behaviour = answer(429, { 'retry-after': '600' });
    await fail(await watcher.pipeline(`p${names++}`));
    const waiting = await until(() => alertWith('slack', ({ attempts }) => attempts === 1));
    expect(waiting.last_error).toBe('the receiver answered 429');
    expect(Date.parse(waiting.next_attempt_at) - Date.parse(waiting.created_at)).toBeGreaterThanOrEqual(600_000);
    const [job] = await watcher.database.sql<Json>(
      `SELECT start_after FROM watcher_job.job WHERE state = 'created' AND name = 'alert-slack'`,
    );
    expect(job.start_after.toISOString()).toBe(waiting.next_attempt_at);
  });

  it('are given up after a day, and remain visible', async () => {
    receiver.behaviour = answer(500);
    await fail(await watcher.pipeline(`p${names++}`));
    await until(() => alertWith('webhook', ({ attempts }) => attempts === 1));
    await watcher.database.sql(`UPDATE alert SET created_at = created_at - interval '24 hours'`);
    await hurry();
    const failed = await until(() => alertWith('webhook', ({ status }) => status === 'failed'));
    expect(failed).toMatchObject({ attempts: 2, next_attempt_at: null, last_error: 'the receiver answered 500' });
    expect((await watcher.get('/alert?status=failed&channel=webhook')).body).toEqual([failed]);
  });

  it('delay neither the checks nor the API nor each other while a receiver hangs; its attempt ends in time', async () => {
    const hanging = await Receiver.start();
    hanging.behaviour = hang;
    const other = await Watcher.start({ ...channels(), alertWebhookUrl: `${hanging.url}/hook` });
    const pipeline = await other.pipeline('p');
    await fail(pipeline, undefined, other);
    await until(() => hanging.received.length === 1);
    await other.end(await other.begin(pipeline));
    expect((await other.post('/timeliness', {})).status).toBe(200);
    await until(() => receiver.at('/slack').length === 2);
    expect((await other.get('/alert?channel=webhook')).body.map(({ attempts }: Json) => attempts)).toEqual([0, 0]);
    const failed = await until(() => alertWith('webhook', ({ attempts }) => attempts === 1, other));
    expect(failed.last_error).toBe('the receiver did not answer within 10 s');
    await other.stop();
    await hanging.close();
  });

  it('survive a restart: the next process sends the alerts in progress, under the same id', async () => {
    const database = await createDatabase();
    receiver.behaviour = hang;
    const first = await Watcher.start({ ...channels(), slackWebhookUrl: undefined }, database);
    await fail(await first.pipeline('p'), undefined, first);
    await until(() => hooks().length === 1);
    await first.app.close();
    receiver.behaviour = answer(200);
    const second = await Watcher.start({ ...channels(), slackWebhookUrl: undefined }, database);
    await hurry(second);
    const sent = await until(() => alertWith('webhook', ({ status }) => status === 'sent', second));
    expect(hooks().map(({ headers }) => headers['watcher-delivery'])).toEqual([sent.delivery_id, sent.delivery_id]);
    await second.stop();
  });

  it('are sent once when many replicas deliver', async () => {
    const replicas: Watcher[] = [];
    for (let i = 0; i < 3; i++) replicas.push(await Watcher.start(channels(), watcher.database));
    for (let i = 0; i < 5; i++) await fail(await watcher.pipeline(`p${names++}`));
    await until(async () => (await watcher.get('/alert?status=sent')).body.length === 10);
    const ids = receiver.received.map(({ headers }) => headers['watcher-delivery']);
    expect([ids.length, new Set(ids).size]).toEqual([10, 10]);
    await Promise.all(replicas.map(({ app }) => app.close()));
  });

  it('are not written if there is no receiver', async () => {
    const quiet = await Watcher.start();
    await fail(await quiet.pipeline('p'), undefined, quiet);
    expect((await quiet.get('/incident')).body).toHaveLength(1);
    expect((await quiet.get('/alert')).body).toEqual([]);
    await quiet.stop();
  });

  it('follow scheduled checks, on many replicas as on one', async () => {
    const database = await createDatabase();
    const reporter = await Watcher.start(channels(), database);
    const scheduled = { ...channels(), checkCron: '* * * * *' };
    const replicas: Watcher[] = [];
    try {
      // Before the replicas start: the first check may run as soon as one of them does, and the next one a minute
      // later.
      const threshold = { timeliness_number: 1, timeliness_datepart: 'minute' };
      await reporter.begin(await reporter.pipeline('p', threshold), { start_date: '2026-03-10T12:00:00Z' });
      for (let i = 0; i < 2; i++) replicas.push(await Watcher.start(scheduled, database));
      const opened = await until(() => hooks()[0], 90_000);
      expect(opened.body).toMatchObject({ event: 'opened', incidents: [{ kind: 'timeliness' }] });
      expect((await reporter.get('/incident')).body).toHaveLength(1);
    } finally {
      await Promise.all(replicas.map(({ app }) => app.close()));
      await reporter.stop();
    }
  });

  async function fail(pipeline: number, message?: string, on = watcher): Promise<void> {
    await on.end(await on.begin(pipeline), { completed_successfully: false, error_message: message });
  }

  async function alertWith(channel: string, test: (alert: Json) => boolean, on = watcher): Promise<Json> {
    return (await on.get(`/alert?channel=${channel}`)).body.find(test);
  }

  /** Makes the next attempts due now. */
  async function hurry(on = watcher): Promise<void> {
    await on.database.sql(`UPDATE watcher_job.job SET start_after = now() WHERE state IN ('created', 'retry')`);
  }
});
