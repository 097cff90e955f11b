import { routesOf, type Subject } from './alert-route.js';
import { parseRoutes } from './route-parser.js';

const MAIL = { smtpUrl: 'smtp://mail.example.com', smtpFrom: 'watcher@example.com' };
const LAST = {
  name: 'default',
  match: {},
  to: [{ channel: 'slack', name: 'slack', url: 'https://hooks.example.com/all' }],
  continue: false,
} as const;
const SUBJECT: Subject = {
  kind: 'failure',
  severity: 'critical',
  namespace: '',
  name: 'Load Orders',
  pipelineType: 'extraction',
  metadataRoutes: [],
};

const parse = (content: unknown, mail = MAIL) => parseRoutes(content, mail, LAST);
const hook = { webhook: 'https://example.com/hook' };

describe('the targets of a route', () => {
  it('have a short and a long form, and keep a given name', () => {
    const [route] = parse([
      {
        name: 'all',
        to: [
          { slack: 'https://hooks.example.com/a' },
          { webhook: { url: 'https://example.com/b', secret: 's', name: 'b' } },
          { email: ['a@example.com', 'b@example.com'] },
          { email: { to: 'c@example.com', from: 'x@example.com', smtp: 'smtps://u:p@mail' } },
          { pagerduty: 'key' },
        ],
      },
    ]);
    expect(route?.to).toEqual([
      { channel: 'slack', url: 'https://hooks.example.com/a', name: expect.stringMatching(/^slack-[0-9a-f]{12}$/) },
      { channel: 'webhook', url: 'https://example.com/b', secret: 's', name: 'b' },
      {
        channel: 'email',
        to: ['a@example.com', 'b@example.com'],
        from: 'watcher@example.com',
        smtpUrl: 'smtp://mail.example.com',
        name: expect.stringMatching(/^email-/),
      },
      {
        channel: 'email',
        to: ['c@example.com'],
        from: 'x@example.com',
        smtpUrl: 'smtps://u:p@mail',
        name: expect.stringMatching(/^email-/),
      },
      {
        channel: 'pagerduty',
        routingKey: 'key',
        url: 'https://events.pagerduty.com/v2/enqueue',
        name: expect.stringMatching(/^pagerduty-/),
      },
    ]);
  });

  it('have the same name in every route, and a name that reveals no secret', () => {
    const [first, second] = parse({ routes: [{ to: [hook] }, { to: [{ pagerduty: 'key' }, hook] }] });
    expect(second?.to[1]?.name).toBe(first?.to[0]?.name);
    expect([first?.name, second?.name]).toEqual(['route 1', 'route 2']);
    expect(second?.to[0]?.name).not.toContain('key');
  });
});

describe('a match', () => {
  const fits = (match: object, subject: Partial<Subject> = {}): boolean =>
    routesOf(parse([{ match, to: [] }]), { ...SUBJECT, ...subject }).length === 1;

  it.each([
    [{}, true],
    [{ name: 'load orders' }, true],
    [{ name: 'load*' }, true],
    [{ name: '*ORDERS' }, true],
    [{ name: 'l*d*o*s' }, true],
    [{ name: ['other', 'load orders'] }, true],
    [{ name: 'load' }, false],
    [{ name: 'load orders*orders' }, false],
    [{ name: 'l*x*s' }, false],
    [{ pipeline_type: 'Extraction', kind: 'failure', severity: ['critical'] }, true],
    [{ pipeline_type: 'extraction', kind: 'freshness' }, false],
    [{ severity: 'warning' }, false],
    [{ namespace: '' }, true],
    [{ namespace: 'airflow' }, false],
    [{ metadata: { team: 'a' } }, false],
  ])('%j', (match, expected) => {
    expect(fits(match)).toBe(expected);
  });

  it('leaves the comparison of metadata to the database', () => {
    expect(fits({ metadata: { team: 'a' } }, { metadataRoutes: [1] })).toBe(true);
  });

  it('is not slow on a pattern of many stars', () => {
    const began = performance.now();
    expect(fits({ name: `${'*a'.repeat(120)}b` }, { name: 'a'.repeat(255) })).toBe(false);
    expect(performance.now() - began).toBeLessThan(100);
  });

  it('ends the search, unless its route has continue', () => {
    const routes = parse([
      { name: 'a', to: [], continue: true },
      { name: 'b', match: { kind: 'freshness' }, to: [] },
      { name: 'c', to: [] },
      { name: 'd', to: [] },
    ]);
    expect(routesOf(routes, SUBJECT).map(({ name }) => name)).toEqual(['a', 'c']);
  });
});

describe('invalid routes', () => {
  it.each([
    ['no list', { a: 1 }, 'WATCHER_ALERT_ROUTES takes a list of routes: [{"match": {...}, "to": [...]}]'],
    ['text', 'all', 'WATCHER_ALERT_ROUTES takes a list of routes: [{"match": {...}, "to": [...]}]'],
    ['no target', [{ match: {} }], 'WATCHER_ALERT_ROUTES: route 1: to takes a list of targets'],
    [
      'another field',
      [{ to: [], mach: {} }],
      "WATCHER_ALERT_ROUTES: route 1 has 'mach', which it does not know; it takes name, match, to, continue",
    ],
    [
      'another field of a match',
      [{ to: [] }, { to: [], match: { type: 'x' } }],
      "WATCHER_ALERT_ROUTES: route 2: match has 'type', which it does not know; it takes pipeline_type, namespace, name, metadata, kind, severity",
    ],
    [
      'another kind',
      [{ to: [], match: { kind: 'failed' } }],
      'WATCHER_ALERT_ROUTES: route 1: match.kind takes freshness, timeliness, failure, lost, missed, slow, anomaly',
    ],
    ['a number', [{ to: [], match: { name: 5 } }], 'WATCHER_ALERT_ROUTES: route 1: match.name takes text'],
    ['a list', [{ to: [], match: { metadata: [] } }], 'WATCHER_ALERT_ROUTES: route 1: match.metadata takes an object'],
    ['text', [{ to: [], continue: 'yes' }], 'WATCHER_ALERT_ROUTES: route 1: continue takes true or false'],
    [
      'two channels',
      [{ to: [{ slack: 'https://a', webhook: 'https://b' }] }],
      'WATCHER_ALERT_ROUTES: route 1: target 1 takes one of slack, webhook, email and pagerduty',
    ],
    [
      'another channel',
      [{ to: [hook, { teams: 'x' }] }],
      "WATCHER_ALERT_ROUTES: route 1: target 2 has 'teams', which it does not know; it takes slack, webhook, email, pagerduty",
    ],
    [
      'no URL',
      [{ to: [{ slack: '#alerts' }] }],
      'WATCHER_ALERT_ROUTES: route 1: target 1: slack.url takes a URL that starts with https:// or http://',
    ],
    [
      'a port that is refused',
      [{ to: [{ webhook: 'http://h:6000/' }] }],
      'WATCHER_ALERT_ROUTES: route 1: target 1: webhook.url has port 6000, which no HTTP client posts to: take another port',
    ],
    [
      'no address',
      [{ to: [{ email: 'team' }] }],
      "WATCHER_ALERT_ROUTES: route 1: target 1: email.to takes addresses such as 'team@example.com'",
    ],
    [
      'no key',
      [{ to: [{ pagerduty: {} }] }],
      'WATCHER_ALERT_ROUTES: route 1: target 1: pagerduty.routing_key takes text',
    ],
    [
      'a name twice',
      [
        { name: 'a', to: [] },
        { name: 'a', to: [] },
      ],
      "WATCHER_ALERT_ROUTES has two routes with the name 'a'",
    ],
    [
      'the name of the last route',
      [{ name: 'default', to: [] }],
      "WATCHER_ALERT_ROUTES has two routes with the name 'default'",
    ],
    [
      'two targets of a name',
      [{ to: [{ slack: { url: 'https://a', name: 'slack' } }] }],
      "WATCHER_ALERT_ROUTES has two different targets with the name 'slack'",
    ],
  ])('%s', (_, content, message) => {
    expect(() => parse(content)).toThrow(expect.objectContaining({ message }));
  });

  it('an e-mail target needs a server and a sender', () => {
    const content = [{ to: [{ email: 'a@example.com' }] }];
    expect(() => parse(content, { ...MAIL, smtpUrl: undefined } as never)).toThrow('needs a mail server: set SMTP_URL');
    expect(() => parse(content, { ...MAIL, smtpFrom: undefined } as never)).toThrow('needs a sender: set SMTP_FROM');
  });
});
