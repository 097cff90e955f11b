import type { IncidentDto } from '../../incidents/incident.dto.js';
import { emailMessage } from './email-message.js';
import type { Message } from './message.js';
import { pagerDutyMessage } from './pagerduty-message.js';
import { slackMessage } from './slack-message.js';
import { webhookMessage } from './webhook-message.js';

const incident = (id: number, pipeline_name: string, fields: Partial<IncidentDto> = {}): IncidentDto => ({
  id,
  kind: 'failure',
  severity: 'critical',
  status: 'open',
  pipeline_id: 1,
  pipeline_name,
  execution_id: 7,
  occurrences: 1,
  opened_at: '2026-03-10T12:00:00.000Z',
  resolved_at: null,
  expected_at: null,
  detail: 'Execution 7 failed.',
  root_causes: [],
  impact: null,
  acknowledged_at: null,
  acknowledged_by: null,
  note: null,
  muted_until: null,
  ...fields,
});

const message = (incidents: readonly IncidentDto[], fields: Partial<Message> = {}): Message => ({
  deliveryId: 'd',
  event: 'opened',
  at: new Date('2026-03-10T12:00:00.000Z'),
  count: incidents.length,
  incidents,
  publicUrl: undefined,
  ...fields,
});

describe(slackMessage, () => {
  const slack = (...parameters: Parameters<typeof message>) => JSON.parse(slackMessage(message(...parameters)));
  const NASTY = '*a* _b_ ~c~ `d` :fire: <!channel> <http://x|y> & load_orders_daily \u202e\u0007';

  it('shows names unchanged, whatever characters they contain', () => {
    const { blocks, mrkdwn, text } = slack([incident(3, NASTY, { detail: NASTY })]);
    const shown = String.raw`*a* _b_ ~c~ ${'`d`'} :fire: &lt;!channel&gt; &lt;http://x|y&gt; &amp; load_orders_daily \u202e\u0007`;
    expect(blocks[1]).toEqual({
      type: 'section',
      text: { type: 'plain_text', emoji: false, text: `Failed: ${shown}\n${shown}` },
    });
    expect(blocks[0].text).toEqual({ type: 'plain_text', emoji: false, text: '1 incident opened' });
    const formatted = blocks.slice(2).map(({ elements }: { elements: unknown[] }) => elements[0]);
    expect(formatted).toEqual([
      { type: 'mrkdwn', verbatim: true, text: 'incident 3 · critical' },
      { type: 'mrkdwn', verbatim: true, text: 'delivery d' },
    ]);
    expect(mrkdwn).toBe(false);
    expect(text).not.toMatch(/\*a\*|_b_|~c~|`d`|:fire:|[<>]/);
    expect(text.replaceAll('\u200b', '')).toBe(`1 incident opened: Failed: ${shown}`);
    expect(text).toContain('load_orders_daily');
  });

  it('links to the console', () => {
    const { blocks } = slack([incident(3, 'a')], { publicUrl: 'https://watcher.example.com/base' });
    expect(blocks[2].elements[0].text).toBe(
      '<https://watcher.example.com/base/console/incidents/3|incident 3> · critical',
    );
  });

  it('names the incidents in the text of a notification, and counts those that do not fit', () => {
    const names = Array.from({ length: 40 }, (_, index) => `pipeline ${index}`);
    const { blocks, text } = slack(names.map((name, index) => incident(index, name)));
    for (const name of names) expect(text).toContain(`Failed: ${name}`);
    expect(blocks).toHaveLength(42);
    expect(blocks.at(-1).elements[0].text).toBe('and 20 more: GET /incident · delivery d');
    const long = slack(
      names.map((name, index) => incident(index, `${name} ${'x'.repeat(240)}`)),
      { count: 1000 },
    );
    expect(long.text.length).toBeLessThanOrEqual(3600);
    const [, more] = / and (\d+) more$/.exec(long.text) ?? [];
    expect(long.text.match(/Failed: /g)).toHaveLength(1000 - Number(more));
  });

  it('keeps a section within the limit of Slack, escapes included', () => {
    const { blocks } = slack([incident(3, '&'.repeat(255), { detail: '<'.repeat(5000) })]);
    expect(blocks[1].text.text.length).toBeLessThanOrEqual(3000);
    expect(blocks[1].text.text).toMatch(/&lt;…$/);
  });
});

describe(emailMessage, () => {
  it('has a subject of one line, and a paragraph for each incident', () => {
    const incidents = [incident(3, 'a\r\nBcc: b@example.com'), incident(4, 'c', { kind: 'freshness' })];
    const { subject, text } = JSON.parse(emailMessage(message(incidents, { publicUrl: 'https://w' })));
    expect(subject).toBe('[Watcher] 2 incidents opened: Failed: a Bcc: b@example.com; Stale: c');
    expect(text).toBe(
      '2 incidents opened\n\n' +
        'Failed: a Bcc: b@example.com (critical)\nExecution 7 failed.\nhttps://w/console/incidents/3\n\n' +
        'Stale: c (critical)\nExecution 7 failed.\nhttps://w/console/incidents/4\n\n' +
        'delivery d\n',
    );
  });
});

describe(pagerDutyMessage, () => {
  it('triggers and resolves by one key for each incident', () => {
    const opened = JSON.parse(pagerDutyMessage(message([]), incident(3, 'a')));
    const resolved = JSON.parse(pagerDutyMessage(message([], { event: 'resolved' }), incident(3, 'a')));
    expect([opened.event_action, resolved.event_action]).toEqual(['trigger', 'resolve']);
    expect(resolved.dedup_key).toBe(opened.dedup_key);
    expect(opened.payload).toMatchObject({ summary: 'Failed: a: Execution 7 failed.', severity: 'critical' });
  });
});

describe(webhookMessage, () => {
  it('links to the console if its address is known', () => {
    const { incidents } = JSON.parse(webhookMessage(message([incident(3, 'a')], { publicUrl: 'https://w' })));
    expect(incidents).toEqual([{ ...incident(3, 'a'), console_url: 'https://w/console/incidents/3' }]);
  });
});
