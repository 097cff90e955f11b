import { JobService } from '../../src/platform/jobs/job.service.js';
import { TransactionRunner } from '../../src/platform/database/transaction-runner.js';
import { addKey, bearer, until } from '../support/access.js';
import { createDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { AUDIENCE, Issuer } from '../support/issuer.js';
import { Service } from '../support/service.js';
import { type Answer, Watcher } from '../support/watcher.js';

const ADMIN_KEY = 'the-first-key-of-this-installation';
/** What a browser adds to the request of a page of the service. */
const OWN = { 'sec-fetch-site': 'same-origin' };
const TLS = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'watcher.example' };

/** Logs in; returns the cookie as a browser would send it. */
async function logIn(watcher: Watcher, key: string, headers: Record<string, string> = OWN): Promise<string> {
  const answer = await watcher.post('/session', { key }, headers);
  expect([answer.status, answer.text]).toEqual([204, '']);
  return cookieOf(answer);
}
function cookieOf(answer: Answer): string {
  return answer.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '';
}
const inSession = (cookie: string): Record<string, string> => ({ cookie, ...OWN });

describe('a session', () => {
  let watcher: Watcher;
  let reader: { id: string; text: string };
  beforeAll(async () => {
    const database = await createDatabase();
    reader = await addKey(database, 'read', 'reader');
    watcher = await Watcher.start({ adminKey: ADMIN_KEY }, database);
  });
  afterAll(() => watcher.stop());

  it('begins with a key, and says who is there', async () => {
    const cookie = await logIn(watcher, reader.text);
    const { status, body } = await watcher.get('/session', inSession(cookie));
    expect(status).toBe(200);
    expect(body).toEqual({ name: 'reader', scope: 'read', expires_at: expect.any(String), kind: 'session' });
    const hours = (Date.parse(body.expires_at) - Date.now()) / 3_600_000;
    expect(hours).toBeGreaterThan(11.9);
    expect(hours).toBeLessThanOrEqual(12);
    expect((await watcher.get('/pipeline', inSession(cookie))).status).toBe(200);
    expect((await watcher.get('/session', bearer(reader.text))).body).toEqual({
      name: 'reader',
      scope: 'read',
      expires_at: null,
      kind: 'key',
    });
  });

  it('has the scope of its key, and the same caller', async () => {
    const cookie = await logIn(watcher, reader.text);
    const refused = await watcher.post('/pipeline', { name: 'x', pipeline_type_name: 't' }, inSession(cookie));
    expect([refused.status, refused.body.code]).toEqual([403, 'insufficient_scope']);
    const writer = await addKey(watcher.database, 'write', 'writer');
    const asWriter = await logIn(watcher, writer.text);
    const once = { 'idempotency-key': 'one caller' };
    const body = { name: 'by a session', pipeline_type_name: 't' };
    expect((await watcher.post('/pipeline', body, { ...inSession(asWriter), ...once })).status).toBe(201);
    const again = await watcher.post('/pipeline', body, { ...bearer(writer.text), ...once });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
  });

  it('keeps no token in the database, and nothing by which the admin key could be guessed', async () => {
    const cookie = await logIn(watcher, ADMIN_KEY);
    const rows = await watcher.database.sql('SELECT * FROM session');
    const token = cookie.split('=')[1] ?? '';
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(JSON.stringify(rows)).not.toContain(token);
    const other = await logIn(watcher, ADMIN_KEY);
    expect(other).not.toBe(cookie);
    const proofs = await watcher.database.sql('SELECT DISTINCT admin_key_proof FROM session WHERE key_id IS NULL');
    expect(proofs.length).toBeGreaterThan(1);
  });

  it.each([
    ['an unknown key', { key: 'watcher_0123456789ab_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG' }, 401],
    ['a wrong key', { key: 'x' }, 401],
    ['no key', {}, 422],
    ['a number', { key: 5 }, 422],
    ['a long text', { key: 'x'.repeat(5000) }, 422],
    ['a long body, which is not read', { key: ADMIN_KEY, more: 'x'.repeat(17_000) }, 413],
  ])('does not begin with %s', async (_, body, status) => {
    const answer = await watcher.post('/session', body, OWN);
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([status, []]);
    if (status === 401) expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="watcher"');
  });

  it('takes JSON alone, which no form of another page can send', async () => {
    const cookie = await logIn(watcher, ADMIN_KEY);
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      const headers = { ...OWN, 'content-type': type };
      const login = await watcher.send('POST', '/session', JSON.stringify({ key: ADMIN_KEY }), headers);
      expect([login.status, login.headers.getSetCookie()]).toEqual([415, []]);
      const write = await watcher.send('POST', '/pipeline_type', '{"name":"x"}', { ...headers, cookie });
      expect(write.status).toBe(415);
    }
  });

  it.each<[string, Record<string, string>]>([
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['another origin of the site', { 'sec-fetch-site': 'same-site' }],
    ['an address that somebody typed', { 'sec-fetch-site': 'none' }],
    ['nowhere', {}],
    ['two places', { 'sec-fetch-site': 'same-origin, cross-site' }],
    ['a page of another origin, in an old browser', { origin: 'https://evil.example' }],
    ['a sandbox', { origin: 'null' }],
    ['the same host on another port', { origin: 'http://127.0.0.1:1' }],
    ['a page of another site that names our origin', { 'sec-fetch-site': 'cross-site', origin: 'own' }],
  ])('does not count in a request from %s', async (_, headers) => {
    const cookie = await logIn(watcher, ADMIN_KEY);
    const sent = { cookie, ...headers, ...(headers['origin'] === 'own' && { origin: watcher.url }) };
    expect((await watcher.get('/pipeline', sent)).status).toBe(401);
    expect((await watcher.post('/pipeline_type', { name: 'forged' }, sent)).status).toBe(401);
  });

  it('counts by Origin where the browser is old', async () => {
    const cookie = await logIn(watcher, ADMIN_KEY, { origin: watcher.url });
    const sent = { cookie, origin: watcher.url };
    expect((await watcher.post('/pipeline_type', { name: 'by an old browser' }, sent)).status).toBe(201);
    const tls = { ...TLS, origin: 'https://watcher.example' };
    const hosted = await logIn(watcher, ADMIN_KEY, tls);
    expect((await watcher.get('/session', { cookie: hosted, ...tls })).status).toBe(200);
    expect((await watcher.get('/session', { cookie: hosted, ...TLS, origin: watcher.url })).status).toBe(401);
  });

  it.each<[string, Record<string, string>]>([
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['another origin of the site', { 'sec-fetch-site': 'same-site' }],
    ['another origin, in an old browser', { origin: 'https://evil.example' }],
    ['a sandbox', { origin: 'null' }],
  ])('does not begin or end on a page of %s', async (_, headers) => {
    const cookie = await logIn(watcher, ADMIN_KEY);
    for (const answer of [
      await watcher.post('/session', { key: ADMIN_KEY }, headers),
      await watcher.send('DELETE', '/session', undefined, { cookie, ...headers }),
    ]) {
      expect([answer.status, answer.body.code, answer.headers.getSetCookie()]).toEqual([403, 'foreign_origin', []]);
      // No scope would help.
      expect(answer.headers.has('www-authenticate')).toBe(false);
    }
    expect((await watcher.get('/session', inSession(cookie))).status).toBe(200);
  });

  it('ends at the logout, also twice, and with a cookie that nobody knows', async () => {
    const cookie = await logIn(watcher, reader.text);
    expect((await watcher.get('/session', inSession(cookie))).status).toBe(200);
    for (let times = 0; times < 2; times++) {
      const answer = await watcher.send('DELETE', '/session', undefined, inSession(cookie));
      expect([answer.status, answer.headers.getSetCookie()]).toEqual([
        204,
        ['watcher_session=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict'],
      ]);
      const after = await watcher.get('/session', inSession(cookie));
      expect([after.status, after.body.detail]).toEqual([401, 'The session has ended.']);
    }
    for (const unknown of ['watcher_session=x', `watcher_session=${'A'.repeat(43)}`, 'watcher_session=', 'other=1']) {
      expect((await watcher.send('DELETE', '/session', undefined, inSession(unknown))).status).toBe(204);
      expect((await watcher.get('/session', inSession(unknown))).status).toBe(401);
    }
  });

  it('takes the place of the one before', async () => {
    const first = await logIn(watcher, reader.text);
    const second = await logIn(watcher, ADMIN_KEY, inSession(first));
    expect((await watcher.get('/session', inSession(first))).status).toBe(401);
    expect((await watcher.get('/session', inSession(second))).body.scope).toBe('admin');
  });

  it('is found among other cookies', async () => {
    const cookie = await logIn(watcher, reader.text);
    expect((await watcher.get('/session', inSession(`a=b; x${cookie}; ${cookie};c`))).status).toBe(200);
    expect((await watcher.get('/session', inSession(`a=b; x${cookie}`))).status).toBe(401);
  });

  it('gives way to Authorization, right or wrong', async () => {
    const cookie = await logIn(watcher, ADMIN_KEY);
    const byKey = await watcher.get('/session', { ...inSession(cookie), ...bearer(reader.text) });
    expect(byKey.body).toMatchObject({ name: 'reader', kind: 'key' });
    for (const authorization of ['Bearer wrong', 'Token x', 'Basic eDp5', '']) {
      expect((await watcher.get('/session', { ...inSession(cookie), authorization })).status).toBe(401);
    }
  });

  it('ends with its key, within 5 s', async () => {
    const { id, text } = await addKey(watcher.database, 'read', 'short-lived');
    const cookie = await logIn(watcher, text);
    expect((await watcher.get('/pipeline', inSession(cookie))).status).toBe(200);
    await watcher.database.sql('UPDATE api_key SET revoked_at = now() WHERE id = $1', [id]);
    await until(async () => (await watcher.get('/pipeline', inSession(cookie))).status === 401);
    await until(async () => (await watcher.post('/session', { key: text }, OWN)).status === 401);
  });

  it('ends when the admin key is changed or removed', async () => {
    const cookie = await logIn(watcher, ADMIN_KEY);
    const statusAt = async (adminKey: string | undefined): Promise<number> => {
      const other = await Watcher.start({ adminKey }, watcher.database);
      const { status } = await other.get('/session', inSession(cookie));
      await other.app.close();
      return status;
    };
    expect(await statusAt(ADMIN_KEY)).toBe(200);
    expect(await statusAt('another-key-of-this-installation')).toBe(401);
    expect(await statusAt(undefined)).toBe(401);
    expect(await statusAt(ADMIN_KEY)).toBe(200);
  });

  it('expires, and its row is then deleted', async () => {
    const [cookie, kept] = [await logIn(watcher, reader.text), await logIn(watcher, reader.text)];
    await watcher.database.sql(
      `UPDATE session SET expires_at = now() + interval '1 second'
        WHERE created_at = (SELECT created_at FROM session ORDER BY created_at DESC OFFSET 1 LIMIT 1)`,
    );
    expect((await watcher.get('/session', inSession(cookie))).status).toBe(200);
    // Not later, although it is still in the cache.
    await until(async () => (await watcher.get('/session', inSession(cookie))).status === 401);
    const rows = async () => (await watcher.database.sql('SELECT 1 FROM session WHERE expires_at < now()')).length;
    expect(await rows()).toBe(1);
    const jobs = watcher.app.get(JobService, { strict: false });
    const transactions = watcher.app.get(TransactionRunner, { strict: false });
    await transactions.run((manager) => jobs.add(manager, 'session-sweep', [{ data: {} }]));
    await eventually(async () => expect(await rows()).toBe(0));
    expect((await watcher.get('/session', inSession(kept))).status).toBe(200);
  });

  it('is one of at most 1,000 of a key', async () => {
    const { id, text } = await addKey(watcher.database, 'read', 'busy');
    await watcher.database.sql(
      `INSERT INTO session (token_hash, caller, name, scope, key_id, created_at, expires_at)
       SELECT lpad(n::text, 64, '0'), 'key:' || $1::text, 'busy', 'read', $1::text,
              now() - n * interval '1 second', now() + interval '1 hour'
         FROM generate_series(1, 1200) n`,
      [id],
    );
    await logIn(watcher, text);
    const left = await watcher.database.sql('SELECT 1 FROM session WHERE key_id = $1', [id]);
    expect(left).toHaveLength(1000);
  });

  it('shows the documentation, too', async () => {
    const cookie = await logIn(watcher, reader.text);
    expect((await watcher.get('/docs-json', inSession(cookie))).status).toBe(200);
  });
});

describe('the cookie', () => {
  let watcher: Watcher;
  beforeAll(async () => {
    watcher = await Watcher.start({ adminKey: ADMIN_KEY, basePath: '/watcher' });
  });
  afterAll(() => watcher.stop());

  const cookieFor = async (headers: Record<string, string>, path = '/session') =>
    (await watcher.post(path, { key: ADMIN_KEY }, { ...OWN, ...headers })).headers.getSetCookie();

  it('is for the host alone, for no script, and for no other site', async () => {
    const plain = /^watcher_session=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/;
    const safe = /^__Host-watcher_session=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; Secure; SameSite=Strict$/;
    expect(await cookieFor({})).toEqual([expect.stringMatching(plain)]);
    expect(await cookieFor({ 'x-forwarded-host': 'localhost:8000' })).toEqual([expect.stringMatching(plain)]);
    expect(await cookieFor({ 'x-forwarded-host': '[::1]:8000' })).toEqual([expect.stringMatching(plain)]);
    expect(await cookieFor(TLS)).toEqual([expect.stringMatching(safe)]);
    // A path would not be allowed beside __Host-.
    expect(await cookieFor(TLS, '/watcher/session')).toEqual([expect.stringMatching(safe)]);
    expect(await cookieFor({ ...TLS, 'x-forwarded-prefix': '/data' })).toEqual([expect.stringMatching(safe)]);
  });

  it('needs TLS, but for loopback', async () => {
    const answer = await watcher.post(
      '/session',
      { key: ADMIN_KEY },
      { ...OWN, 'x-forwarded-host': 'watcher.example' },
    );
    expect([answer.status, answer.body.code, answer.headers.getSetCookie()]).toEqual([403, 'tls_required', []]);
  });

  it('counts under its own name only: another host could set the other one', async () => {
    const cookie = await logIn(watcher, ADMIN_KEY, { ...OWN, ...TLS });
    const renamed = cookie.replace('__Host-', '');
    expect((await watcher.get('/session', { ...inSession(cookie), ...TLS })).status).toBe(200);
    expect((await watcher.get('/session', { ...inSession(renamed), ...TLS })).status).toBe(401);
    expect((await watcher.get('/session', inSession(cookie))).status).toBe(401);
    expect((await watcher.get('/session', inSession(renamed))).status).toBe(200);
    const plain = { 'x-forwarded-host': 'watcher.example' };
    expect((await watcher.get('/session', { ...inSession(renamed), ...plain })).status).toBe(401);
  });
});

describe('the login', () => {
  it('is not needed while no key is configured', async () => {
    const watcher = await Watcher.start();
    const open = { name: 'anybody', scope: 'admin', expires_at: null, kind: 'open' };
    expect((await watcher.get('/session')).body).toEqual(open);
    expect((await watcher.get('/session', inSession(`watcher_session=${'A'.repeat(43)}`))).body).toEqual(open);
    expect((await watcher.post('/session', { key: 'x' }, OWN)).status).toBe(401);
    expect((await watcher.send('DELETE', '/session', undefined, OWN)).status).toBe(204);
    await addKey(watcher.database, 'admin');
    await until(async () => (await watcher.get('/session')).status === 401);
    await watcher.stop();
  });

  it('counts for its address in the rate limit, whatever the key is', async () => {
    const watcher = await Watcher.start({ adminKey: ADMIN_KEY, rateLimit: 5 });
    const begun = performance.now();
    const attempts = await Promise.all(
      Array.from({ length: 40 }, (_, n) => watcher.post('/session', { key: n % 2 ? ADMIN_KEY : `guess ${n}` }, OWN)),
    );
    expect(new Set(attempts.map(({ status }) => status))).toEqual(new Set([204, 401, 429]));
    // A burst of five, and five a second.
    const seconds = Math.ceil((performance.now() - begun) / 1000);
    expect(attempts.filter(({ status }) => status !== 429).length).toBeLessThanOrEqual(5 + 5 * seconds);
    await watcher.stop();
  });

  it('is gone with WATCHER_CONSOLE=off, and no cookie counts', async () => {
    const watcher = await Watcher.start({ adminKey: ADMIN_KEY });
    const cookie = await logIn(watcher, ADMIN_KEY);
    const other = await Watcher.start({ adminKey: ADMIN_KEY, console: false }, watcher.database);
    expect((await other.post('/session', { key: ADMIN_KEY }, OWN)).status).toBe(404);
    expect((await other.get('/pipeline', inSession(cookie))).status).toBe(401);
    expect((await other.get('/pipeline', bearer(ADMIN_KEY))).status).toBe(200);
    await other.app.close();
    await watcher.stop();
  });

  it('leaves no key and no token in the log', async () => {
    const database = await createDatabase();
    const service = await Service.start({
      DATABASE_URL: database.url,
      WATCHER_ADMIN_KEY: ADMIN_KEY,
      LOG_LEVEL: 'debug',
      LOG_FORMAT: 'json',
    });
    const send = (key: string) =>
      fetch(`${service.url}/session`, {
        method: 'POST',
        headers: { ...OWN, 'content-type': 'application/json' },
        body: JSON.stringify({ key }),
      });
    const answers = [await send(ADMIN_KEY), await send('a-wrong-key-of-somebody')];
    expect(answers.map(({ status }) => status)).toEqual([204, 401]);
    const cookie = answers[0]?.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '';
    expect((await fetch(`${service.url}/session`, { headers: inSession(cookie) })).status).toBe(200);
    await until(() =>
      Promise.resolve(service.stdout.split('\n').filter((line) => line.includes('"route"')).length === 3),
    );
    for (const secret of [ADMIN_KEY, 'a-wrong-key', cookie.split('=')[1] ?? '?']) {
      expect(service.stdout + service.stderr).not.toContain(secret);
    }
    await service.kill();
    await database.drop();
  });
});

describe('a proxy that logs people in by itself', () => {
  let issuer: Issuer;
  let watcher: Watcher;
  beforeAll(async () => {
    issuer = await Issuer.start();
    watcher = await Watcher.start({ oidcIssuer: issuer.url, oidcAudience: AUDIENCE });
  });
  afterAll(async () => {
    await watcher.stop();
    await issuer.stop();
  });

  it('passes the token of its issuer on, and there is no session', async () => {
    const token = await issuer.token({ sub: 'ada@example.com', scope: 'openid watcher:write' });
    const { status, body } = await watcher.get('/session', { ...TLS, ...OWN, ...bearer(token) });
    expect(status).toBe(200);
    expect(body).toEqual({ name: 'ada@example.com', scope: 'write', expires_at: expect.any(String), kind: 'token' });
    expect(Date.parse(body.expires_at) - Date.now()).toBeLessThanOrEqual(60_000);
    expect((await watcher.get('/session', { ...TLS, ...OWN })).status).toBe(401);
  });

  it('is refused where the token has no scope', async () => {
    const token = await issuer.token({ scope: 'openid' });
    expect((await watcher.get('/session', bearer(token))).body).toMatchObject({ code: 'insufficient_scope' });
  });

  it('is the way for tokens: a session takes keys alone', async () => {
    const token = await issuer.token({ scope: 'admin' });
    const answer = await watcher.post('/session', { key: token }, OWN);
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([401, []]);
  });
});
