import { readConfig } from '../../src/platform/config/config.js';
import { addKey, bearer } from '../support/access.js';
import { createDatabase } from '../support/database.js';
import { type Json, Watcher } from '../support/watcher.js';
import { check } from './checks.js';
import { Mailbox } from './mailbox.js';
import { answer, hang, Receiver, until } from './receiver.js';

describe('the routes of alerts', () => {
  let receiver: Receiver;
  let mailbox: Mailbox;
  let watcher: Watcher;
  let environment: Record<string, string>;
  let names = 0;

  beforeAll(async () => {
    receiver = await Receiver.start();
    mailbox = await Mailbox.start();
    environment = {
      SLACK_WEBHOOK_URL: `${receiver.url}/everybody`,
      SMTP_URL: mailbox.url,
      SMTP_FROM: 'Watcher <watcher@example.com>',
      PAYMENTS_KEY: 'a-key-of-pagerduty',
      WATCHER_PUBLIC_URL: 'https://watcher.example.com/',
      WATCHER_ALERT_ROUTES: `
- name: payments
  match: {metadata: {team: payments}}
  to:
    - pagerduty: {routing_key: "\${PAYMENTS_KEY}", url: "${receiver.url}/pagerduty"}
    - email: [payments@example.com, lead@example.com]
- name: audit
  match: {kind: failure, pipeline_type: [finance, audit]}
  to: [{webhook: {url: "${receiver.url.replace('://', '://us%20er:secret@')}/audit", name: auditors}}]
  continue: true
- name: finance
  match: {pipeline_type: finance, name: "ledger *"}
  to: [{slack: "${receiver.url}/finance"}, {webhook: {url: "${receiver.url.replace('://', '://us%20er:secret@')}/audit", name: auditors}}]
- name: nobody
  match: {pipeline_type: scratch}
  to: []
- name: airflow
  match: {namespace: "Airflow *"}
  to: [{slack: "${receiver.url}/airflow"}]
`,
    };
    watcher = await Watcher.start(configuration(environment));
  });
  afterAll(async () => {
    await watcher.stop();
    await mailbox.close();
    await receiver.close();
  });

  beforeEach(async () => {
    receiver.received.length = 0;
    receiver.behaviour = answer(202);
    mailbox.received.length = 0;
    mailbox.refusal = undefined;
    await watcher.database.sql('TRUNCATE alert, incident, incident_failure');
  });

  it('select by namespace', async () => {
    const namespace = 'airflow prod';
    await watcher.pipeline('in no namespace');
    const pipeline = await watcher.pipeline('in a namespace', { namespace });
    await fail(pipeline, 'refused');
    await settled(1);
    expect(receiver.received.map(({ path }) => path)).toEqual(['/airflow']);
    const test = async (fields: Json): Promise<Json> => (await watcher.post('/alert/test', fields)).body;
    expect((await test({ pipeline_name: 'in a namespace', pipeline_namespace: namespace })).routes).toEqual([
      'airflow',
    ]);
    expect((await test({ pipeline_name: 'in no namespace' })).routes).not.toContain('airflow');
    expect((await test({ pipeline_name: 'in a namespace' })).code).toBe('pipeline_not_found');
  });

  it('select PagerDuty and mailboxes by metadata', async () => {
    const pipeline = await watcher.pipeline('Zahlungen', { pipeline_metadata: { team: 'payments', tags: ['a'] } });
    await fail(pipeline, 'refused');
    await settled(2);
    const [incident] = (await watcher.get('/incident')).body;
    const [trigger, ...more] = receiver.received;
    expect(more).toEqual([]);
    const link = `https://watcher.example.com/console/incidents/${incident.id}`;
    expect(trigger).toMatchObject({
      path: '/pagerduty',
      body: {
        routing_key: 'a-key-of-pagerduty',
        event_action: 'trigger',
        payload: { severity: 'critical', component: 'Zahlungen', class: 'failure', timestamp: incident.opened_at },
        links: [{ href: link }],
      },
    });
    const [mail] = mailbox.received;
    expect(mail).toMatchObject({
      from: 'watcher@example.com',
      to: ['payments@example.com', 'lead@example.com'],
      user: 'user',
    });
    expect(mail?.content).toContain('Subject: [Watcher] 1 incident opened: Failed: Zahlungen');
    expect(mail?.content.replaceAll('=\r\n', '')).toContain(link);
    expect(mail?.content).toMatch(/^Auto-Submitted: auto-generated/m);

    await watcher.end(await watcher.begin(pipeline));
    await settled(4);
    expect(receiver.received[1]?.body).toMatchObject({ event_action: 'resolve', dedup_key: trigger?.body.dedup_key });
    const alerts = (await watcher.get('/alert')).body;
    expect(alerts.map(({ channel, event, route, status }: Json) => [channel, event, route, status])).toEqual([
      ['email', 'resolved', 'payments', 'sent'],
      ['pagerduty', 'resolved', 'payments', 'sent'],
      ['email', 'opened', 'payments', 'sent'],
      ['pagerduty', 'opened', 'payments', 'sent'],
    ]);
    expect(mail?.content).toContain(`Message-ID: <${alerts[2].delivery_id}@watcher>`);
    const stored = await watcher.database.sql('SELECT body, target FROM alert');
    expect(JSON.stringify(stored)).not.toMatch(/a-key-of-pagerduty|pass|payments@/);
  });

  it('continue as configured, use each target once, and fall back to the last route', async () => {
    const ledger = await watcher.pipeline('Ledger 7', { pipeline_type_name: 'Finance' });
    await fail(ledger);
    await settled(2);
    expect(receiver.received.map(({ path }) => path).toSorted()).toEqual(['/audit', '/finance']);
    const credentials = `Basic ${Buffer.from('us er:secret').toString('base64')}`;
    expect(receiver.at('/audit')[0]?.headers.authorization).toBe(credentials);
    expect((await watcher.get('/alert?channel=webhook')).body).toMatchObject([
      { route: 'audit, finance', target: 'auditors' },
    ]);
    await fail(await watcher.pipeline('journal', { pipeline_type_name: 'finance' }));
    await fail(await watcher.pipeline('x', { pipeline_type_name: 'scratch' }));
    await settled(4);
    expect(receiver.received.map(({ path }) => path).toSorted()).toEqual([
      '/audit',
      '/audit',
      '/everybody',
      '/finance',
    ]);
  });

  it('send one message per target for all incidents of a check', async () => {
    const threshold = { timeliness_number: 1, timeliness_datepart: 'minute' };
    for (const [name, type] of [
      ['ledger a', 'finance'],
      ['ledger b', 'finance'],
      ['c', 'other'],
      ['d', 'scratch'],
    ] as const) {
      const id = await watcher.pipeline(`${name} ${names++}`, { pipeline_type_name: type, ...threshold });
      await watcher.begin(id, { start_date: '2026-03-10T12:00:00Z' });
    }
    await check(watcher, 'timeliness', '2026-03-10T13:00:00Z');
    await settled(3);
    expect(receiver.at('/finance').map(({ body }) => body.text)).toEqual([
      expect.stringMatching(/^2 incidents opened: Late: ledger a \d+; Late: ledger b \d+$/),
    ]);
    expect(receiver.at('/everybody').map(({ body }) => body.text)).toEqual([
      expect.stringMatching(/^1 incident opened: Late: c \d+$/),
    ]);
    expect(receiver.at('/audit').map(({ body }) => body.incident_count)).toEqual([2]);
  });

  it('a hanging target does not delay another of its channel', async () => {
    const slow = await Receiver.start();
    slow.behaviour = hang;
    const routes = [
      { match: { name: 'slow *' }, to: [{ webhook: `${slow.url}/hook` }] },
      { to: [{ webhook: `${receiver.url}/fast` }] },
    ];
    const other = await Watcher.start(configuration({ WATCHER_ALERT_ROUTES: JSON.stringify(routes) }));
    for (let i = 0; i < 5; i++) await fail(await other.pipeline(`slow ${i}`), undefined, other);
    await until(() => slow.received.length === 1);
    for (let i = 0; i < 5; i++) await fail(await other.pipeline(`fast ${i}`), undefined, other);
    await until(() => receiver.at('/fast').length === 5, 8000);
    expect(slow.received).toHaveLength(1);
    await other.stop();
    await slow.close();
  });

  it('send no trigger to PagerDuty for an incident that was resolved before PagerDuty was reachable', async () => {
    receiver.behaviour = answer(500);
    const pipeline = await watcher.pipeline(`p ${names++}`, { pipeline_metadata: { team: 'payments' } });
    await fail(pipeline);
    await until(async () => (await watcher.get('/alert?channel=pagerduty')).body[0]?.attempts === 1);
    receiver.behaviour = answer(202);
    await watcher.end(await watcher.begin(pipeline));
    await watcher.database.sql(`UPDATE watcher_job.job SET start_after = now() WHERE state IN ('created', 'retry')`);
    await until(async () =>
      (await watcher.get('/alert?channel=pagerduty')).body.every(({ status }: Json) => status !== 'waiting'),
    );
    expect((await watcher.get('/alert?channel=pagerduty')).body).toMatchObject([
      { event: 'resolved', status: 'sent' },
      { event: 'opened', status: 'failed', last_error: 'the incident was resolved before the message could be sent' },
    ]);
    expect(receiver.at('/pagerduty').map(({ body }) => body.event_action)).toEqual(['trigger', 'resolve']);
  });

  it('repeat e-mail that a mail server refused, and do not store its text', async () => {
    mailbox.refusal = { responseCode: 451, message: 'try payments@example.com later' };
    await fail(await watcher.pipeline(`p ${names++}`, { pipeline_metadata: { team: 'payments' } }));
    const waiting = await until(async () =>
      (await watcher.get('/alert?channel=email')).body.find(({ attempts }: Json) => attempts === 1),
    );
    expect(waiting).toMatchObject({ status: 'waiting', last_error: 'the mail server answered 451' });
    mailbox.refusal = undefined;
    await watcher.database.sql(`UPDATE watcher_job.job SET start_after = now() WHERE state IN ('created', 'retry')`);
    await until(() => mailbox.received.length === 1);
  });

  it('leave no waiting alert after their removal from the configuration', async () => {
    const database = await createDatabase();
    receiver.behaviour = answer(500);
    const url = `${receiver.url}/gone`;
    const first = await Watcher.start(configuration({ ALERT_WEBHOOK_URL: url, SLACK_WEBHOOK_URL: url }), database);
    await fail(await first.pipeline('p'), undefined, first);
    await until(async () => (await first.get('/alert')).body.every(({ attempts }: Json) => attempts === 1));
    await first.app.close();
    const second = await Watcher.start(configuration({ SLACK_WEBHOOK_URL: url }), database);
    const listed = await until(async () => {
      const alerts = (await second.get('/alert')).body;
      return alerts.some(({ status }: Json) => status === 'failed') ? alerts : undefined;
    });
    expect(listed).toContainEqual(
      expect.objectContaining({
        target: 'webhook',
        status: 'failed',
        next_attempt_at: null,
        last_error: 'its target is not in the configuration any more',
      }),
    );
    expect(listed).toContainEqual(expect.objectContaining({ target: 'slack', status: 'waiting' }));
    await second.stop();
  });

  describe('are tested', () => {
    it('sends a message through the routes of a pipeline, and returns the results', async () => {
      const pipeline = await watcher.pipeline('Tested *', { pipeline_metadata: { team: 'payments' } });
      mailbox.refusal = { responseCode: 550, message: 'no such user' };
      const { body, status } = await watcher.post('/alert/test', { pipeline_id: pipeline });
      expect(status).toBe(200);
      expect(body).toMatchObject({
        routes: ['payments'],
        alerts: [
          { channel: 'pagerduty', event: 'test', status: 'sent', incident_ids: [], attempts: 1 },
          { channel: 'email', event: 'test', status: 'failed', last_error: 'the mail server answered 550' },
        ],
      });
      expect(receiver.at('/pagerduty')[0]?.body).toMatchObject({
        event_action: 'trigger',
        payload: { severity: 'info', summary: expect.stringContaining("Alerts of 'Tested *'") },
      });
      expect((await watcher.get('/alert?status=waiting')).body).toEqual([]);
    });

    it('selects the routes by name, kind and severity', async () => {
      await watcher.pipeline('Ledger 9', { pipeline_type_name: 'finance' });
      const test = async (fields: Json): Promise<Json> => (await watcher.post('/alert/test', fields)).body;
      expect((await test({ pipeline_name: 'ledger 9' })).routes).toEqual(['audit', 'finance']);
      expect((await test({ pipeline_name: 'ledger 9', kind: 'freshness', severity: 'warning' })).routes).toEqual([
        'finance',
      ]);
      expect(receiver.at('/audit').at(-1)?.body).toMatchObject({
        event: 'test',
        incidents: [],
        test: { pipeline_name: 'Ledger 9', kind: 'freshness', severity: 'warning' },
      });
      expect(receiver.at('/finance')[0]?.body.text).toBe('Test: Failed: Ledger 9');
      await watcher.pipeline('y', { pipeline_type_name: 'scratch' });
      expect(await test({ pipeline_name: 'y' })).toEqual({ routes: ['nobody'], alerts: [] });
    });

    it('sends once for one key', async () => {
      const pipeline = await watcher.pipeline('keyed');
      const send = () => watcher.post('/alert/test', { pipeline_id: pipeline }, { 'idempotency-key': 'test-1' });
      const [first, second] = [await send(), await send()];
      expect(second.body).toEqual(first.body);
      expect(second.headers.get('idempotency-replayed')).toBe('true');
      expect(receiver.at('/everybody')).toHaveLength(1);
    });

    it('requires the scope admin and an existing pipeline', async () => {
      expect((await watcher.post('/alert/test', { pipeline_id: 999999999 })).body.code).toBe('pipeline_not_found');
      expect((await watcher.post('/alert/test', {})).status).toBe(422);
      expect((await watcher.post('/alert/test', { pipeline_id: 1, kind: 'other' })).status).toBe(422);
      const other = await Watcher.start();
      const { text } = await addKey(other.database, 'write');
      expect((await other.post('/alert/test', { pipeline_id: 1 }, bearer(text))).status).toBe(403);
      await other.stop();
    });
  });

  it('with an error stop the start with one line', async () => {
    const database = await createDatabase();
    for (const [routes, message] of [
      [[{ to: [{ slack: 'nowhere' }] }], 'WATCHER_ALERT_ROUTES: route 1: target 1: slack.url takes a URL that starts'],
      [[{ to: [{ email: 'a@example.com' }] }], 'WATCHER_ALERT_ROUTES: route 1: target 1: email needs a sender'],
    ] as const) {
      const config = configuration({ WATCHER_ALERT_ROUTES: JSON.stringify(routes) });
      await expect(Watcher.start(config, database)).rejects.toThrow(message);
    }
    await database.drop();
  });

  function configuration(variables: Record<string, string>) {
    const { alertRoutes, alertWebhookUrl, publicUrl, slackWebhookUrl, smtpFrom, smtpUrl } = readConfig(variables);
    return { alertRoutes, alertWebhookUrl, publicUrl, slackWebhookUrl, smtpFrom, smtpUrl };
  }

  async function fail(pipeline: number, message?: string, on = watcher): Promise<void> {
    await on.end(await on.begin(pipeline), { completed_successfully: false, error_message: message });
  }

  /** Waits until the given number of alerts is written and all are sent. */
  async function settled(count: number): Promise<void> {
    await until(async () => {
      const alerts = (await watcher.get('/alert')).body;
      return alerts.length === count && alerts.every(({ status }: Json) => status === 'sent');
    });
  }
});
