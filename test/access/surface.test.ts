import { type EventEmitter, once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { DataSource } from 'typeorm';
import { newKey } from '../../src/platform/auth/api-key.js';
import { addKey, bearer, until } from '../support/access.js';
import { createDatabase } from '../support/database.js';
import { holdableInserts } from '../support/held-inserts.js';
import { Watcher } from '../support/watcher.js';

/** Sends raw bytes; returns everything received until the service closes the connection. */
function raw(url: string, text: string): { socket: Socket; answer: Promise<string> } {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(text);
  const answer = new Promise<string>((resolve, reject) => {
    let received = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (received += chunk));
    socket.on('close', () => resolve(received)).on('error', reject);
  });
  return { socket, answer };
}

describe('every answer', () => {
  let watcher: Watcher;
  beforeAll(async () => {
    watcher = await Watcher.start();
  });
  afterAll(() => watcher.stop());

  it.each([
    ['/', 200],
    ['/pipeline', 200],
    ['/pipeline/x', 422],
    ['/nowhere', 404],
    ['/%', 400],
    ['/docs', 200],
  ])('carries security headers: %s', async (path, status) => {
    const answer = await watcher.get(path);
    expect(answer.status).toBe(status);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-security-policy': expect.stringMatching(/^default-src 'none'; .*frame-ancestors 'none'$/),
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
    });
  });

  it('allows no other origin, and does not answer preflights', async () => {
    const origin = { origin: 'https://elsewhere.example', 'access-control-request-method': 'POST' };
    const answer = await watcher.get('/pipeline', origin);
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    const preflight = await watcher.send('OPTIONS', '/pipeline', undefined, origin);
    expect(preflight.status).toBe(405);
    expect([...preflight.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it('contains no stack, no SQL and no source path in an error', async () => {
    await watcher.database.sql('ALTER TABLE pipeline_type RENAME COLUMN mute_freshness_check TO gone');
    const broken = [
      await watcher.get('/pipeline_type'),
      await watcher.post('/pipeline_type', { name: 'x' }),
      await watcher.post('/pipeline', { name: 'x', pipeline_type_name: 'y' }),
    ];
    await watcher.database.sql('ALTER TABLE pipeline_type RENAME COLUMN gone TO mute_freshness_check');
    const wrong = [
      await watcher.send('POST', '/pipeline', '{"name', { 'content-type': 'application/json' }),
      await watcher.post('/pipeline', { name: "'; DROP TABLE pipeline; --" }),
      await watcher.get("/pipeline/1'%20OR%20'1'='1"),
      await watcher.get('/pipeline?cursor=%27'),
    ];
    for (const { status } of broken) expect(status).toBe(500);
    for (const { status } of wrong) expect(status).toBeLessThan(500);
    for (const { body } of [...broken, ...wrong]) {
      expect(JSON.stringify(body)).not.toMatch(
        /\bat \S+ \(|node_modules|src\/|dist\/|\.[jt]s\b|\bSELECT\b|\bINSERT\b|mute_freshness_check|QueryFailed/,
      );
    }
    expect(broken[0]?.body.code).toBe('internal_error');
  });
});

describe('pages of other origins', () => {
  it('are allowed if their origin is listed, on refusals too', async () => {
    const origin = 'https://ui.example';
    const watcher = await Watcher.start({ corsOrigins: [origin], adminKey: 'a-key-of-the-operator' });
    const preflight = await watcher.send('OPTIONS', '/pipeline', undefined, {
      origin,
      'access-control-request-method': 'PATCH',
      'access-control-request-headers': 'authorization,content-type',
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe(origin);
    expect(preflight.headers.get('access-control-allow-credentials')).toBeNull();
    expect(preflight.headers.get('access-control-allow-methods')).toContain('PATCH');
    expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization');
    const refused = await watcher.get('/pipeline', { origin });
    expect(refused.status).toBe(401);
    expect(refused.headers.get('access-control-allow-origin')).toBe(origin);
    expect(refused.headers.get('access-control-expose-headers')).toContain('Link');
    expect(refused.headers.get('access-control-allow-credentials')).toBeNull();
    const stranger = await watcher.get('/pipeline', { origin: 'https://elsewhere.example' });
    expect(stranger.headers.get('access-control-allow-origin')).not.toBe('https://elsewhere.example');
    await watcher.stop();
  });
});

describe('the rate limit', () => {
  it('counts each caller separately, and excludes health', async () => {
    const database = await createDatabase();
    const [one, other] = [await addKey(database, 'read', 'one'), await addKey(database, 'read', 'other')];
    const watcher = await Watcher.start({ rateLimit: 5 }, database);
    const many = await Promise.all(Array.from({ length: 40 }, () => watcher.get('/pipeline', bearer(one.text))));
    const refused = many.filter(({ status }) => status === 429);
    expect(many.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(5);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]?.headers.get('retry-after')).toBe('1');
    expect(refused[0]?.body).toMatchObject({ code: 'rate_limited', status: 429 });
    expect((await watcher.get('/pipeline', bearer(other.text))).status).toBe(200);
    const health = await Promise.all(Array.from({ length: 40 }, () => watcher.get('/health/live')));
    expect(health.every(({ status }) => status === 200)).toBe(true);
    await watcher.stop();
  });

  it('counts requests with wrong keys by address', async () => {
    const watcher = await Watcher.start({ rateLimit: 5, adminKey: 'a-key-of-the-operator' });
    const guesses = await Promise.all(
      Array.from({ length: 40 }, (_, index) => watcher.get('/pipeline', bearer(`guess-${index}`))),
    );
    expect(new Set(guesses.map(({ status }) => status))).toEqual(new Set([401, 429]));
    await watcher.stop();
  });
});

describe('the rate limit and the database', () => {
  it('has nobody look up the keys that are too many', async () => {
    const watcher = await Watcher.start({ rateLimit: 10 });
    await addKey(watcher.database, 'read', 'so that everybody needs one');
    await until(async () => (await watcher.get('/pipeline')).status === 401);
    let taken = 0;
    const pool = (watcher.app.get(DataSource).driver as unknown as { master: EventEmitter }).master;
    pool.on('acquire', () => (taken += 1));
    const begun = performance.now();
    const guesses = Array.from({ length: 1000 }, () => watcher.get('/pipeline', bearer(newKey().text)));
    const statuses = (await Promise.all(guesses)).map(({ status }) => status);
    const seconds = (performance.now() - begun) / 1000;
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
    expect(taken).toBeLessThanOrEqual(10 * (seconds + 1) + 2);
    await watcher.stop();
  });

  it('asks no address for the lookups of keys that are known', async () => {
    const database = await createDatabase();
    const keys = await Promise.all(Array.from({ length: 30 }, (_, n) => addKey(database, 'read', `caller ${n}`)));
    const watcher = await Watcher.start({ rateLimit: 10 }, database);
    const answers: number[] = [];
    for (const { text } of keys) answers.push((await watcher.get('/pipeline', bearer(text))).status);
    expect(answers).toEqual(keys.map(() => 200));
    await watcher.stop();
  });
});

describe('a page of another site', () => {
  let watcher: Watcher;
  beforeAll(async () => {
    watcher = await Watcher.start();
  });
  afterAll(() => watcher.stop());

  const ask = (headers: Record<string, string>, { url, body = '' } = { url: watcher.url, body: '' }) =>
    new Promise<{ status: number; code: string | undefined }>((resolve, reject) => {
      const method = body === '' ? 'GET' : 'POST';
      const type = body === '' ? {} : { 'content-type': 'application/json' };
      const sent = request(`${url}/pipeline`, { method, headers: { ...type, ...headers } }, (response) => {
        void response.toArray().then((chunks) => {
          const answer = JSON.parse(Buffer.concat(chunks).toString()) as { code?: string };
          resolve({ status: response.statusCode ?? 0, code: answer.code });
        });
      });
      sent.on('error', reject).end(body);
    });
  const refused = { status: 403, code: 'foreign_site' };
  const served = { status: 200, code: undefined };

  it.each([
    'evil.example',
    'evil.example:8000',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'x',
    '10.0.0.1',
    'a b',
  ])('that leads its own name here is refused while there is no key: %j', async (host) => {
    expect(await ask({ host })).toEqual(refused);
    expect(await ask({ host: 'localhost', 'x-forwarded-host': host })).toEqual(served);
    expect(await ask({ host, 'x-forwarded-host': 'localhost' })).toEqual(refused);
  });

  it.each(['localhost', 'LOCALHOST:8000', 'localhost.', 'my.localhost:1', '127.0.0.1:8000', '127.1.2.3', '[::1]:8000'])(
    'is none when it comes by a name of loopback: %s',
    async (host) => {
      expect(await ask({ host })).toEqual(served);
      expect(await ask({ host, origin: `http://${host}` })).toEqual(served);
    },
  );

  it.each(['https://evil.example', 'http://localhost.evil.example:8000', 'null', 'file://', 'chrome-extension://abc'])(
    'that asks from its own origin is refused: %s',
    async (origin) => {
      expect(await ask({ host: 'localhost', origin })).toEqual(refused);
      const write = { url: watcher.url, body: '{"name":"x","pipeline_type_name":"t"}' };
      expect(await ask({ host: 'localhost', origin }, write)).toEqual(refused);
      expect((await watcher.get('/pipeline')).body).toEqual([]);
    },
  );

  it('is let in under the names and origins that are configured', async () => {
    const names = { allowedHosts: ['watcher.internal', '10.0.0.1'], corsOrigins: ['https://ui.example'] };
    const other = await Watcher.start(names, await createDatabase());
    const at = { url: other.url, body: '' };
    expect(await ask({ host: 'Watcher.Internal:80' }, at)).toEqual(served);
    expect(await ask({ host: '10.0.0.1', origin: 'https://ui.example' }, at)).toEqual(served);
    expect(await ask({ host: 'watcher.internal', origin: 'http://watcher.internal' }, at)).toEqual(served);
    expect(await ask({ host: 'internal' }, at)).toEqual(refused);
    expect(await ask({ host: 'localhost', origin: 'https://other.example' }, at)).toEqual(refused);
    await other.stop();
  });

  it('meets the key where there is one, and health has no names', async () => {
    const other = await Watcher.start({ adminKey: 'a-key-of-the-operator' });
    const at = { url: other.url, body: '' };
    expect(await ask({ host: 'watcher.example' }, at)).toEqual({ status: 401, code: 'unauthenticated' });
    expect(await ask({ host: 'watcher.example', ...bearer('a-key-of-the-operator') }, at)).toEqual(served);
    await other.stop();
    const health = request(`${watcher.url}/health/ready`, { headers: { host: 'pod.example' } }).end();
    const [response] = (await once(health, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(200);
    response.resume();
  });
});

describe('overload', () => {
  it('is refused with 503 and Retry-After while current requests finish', async () => {
    const watcher = await Watcher.start({ maxPending: 20 });
    const id = await watcher.pipeline('Busy');
    const starts = await holdableInserts(watcher.database, 'pipeline_execution');
    await starts.hold();
    const requests = Array.from({ length: 300 }, () => watcher.post('/start_pipeline_execution', { pipeline_id: id }));
    const shed = await Promise.race([...requests, Promise.all(requests)]);
    expect(shed).toMatchObject({ status: 503, body: { code: 'overloaded' } });
    expect((await watcher.get('/health/live')).status).toBe(200);
    await starts.release();
    const answers = await Promise.all(requests);
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(20);
    expect(statuses.filter((status) => status === 503)).toHaveLength(280);
    for (const { status, headers } of answers) if (status === 503) expect(headers.get('retry-after')).toBe('1');
    // Refused requests had no effect.
    expect(await watcher.database.sql('SELECT 1 FROM pipeline_execution')).toHaveLength(20);
    const after = await Promise.all(Array.from({ length: 20 }, () => watcher.get('/pipeline')));
    expect(after.every(({ status }) => status === 200)).toBe(true);
    await watcher.stop();
  });

  it('counts the work of clients that hang up', async () => {
    const watcher = await Watcher.start({ maxPending: 5 });
    const id = await watcher.pipeline('Abandoned');
    const starts = await holdableInserts(watcher.database, 'pipeline_execution');
    await starts.hold();
    const body = JSON.stringify({ pipeline_id: id });
    const head = `POST /start_pipeline_execution HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n`;
    for (let i = 0; i < 5; i++) {
      const { socket, answer } = raw(watcher.url, `${head}content-length: ${body.length}\r\n\r\n${body}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
      socket.destroy();
      await answer;
    }
    expect((await watcher.get('/pipeline')).status).toBe(503);
    await starts.release();
    while ((await watcher.get('/pipeline')).status !== 200) await new Promise((resolve) => setTimeout(resolve, 20));
    // Requests with incomplete bodies do not count as work.
    for (let i = 0; i < 10; i++) {
      const { socket, answer } = raw(watcher.url, `${head}content-length: 1000\r\n\r\n{`);
      await new Promise((resolve) => setTimeout(resolve, 20));
      socket.destroy();
      await answer;
    }
    while ((await watcher.get('/pipeline')).status !== 200) await new Promise((resolve) => setTimeout(resolve, 20));
    await watcher.stop();
  });
});

describe('slow clients', () => {
  let watcher: Watcher;
  beforeAll(async () => {
    watcher = await Watcher.start({ requestTimeout: 1 });
  });
  afterAll(() => watcher.stop());

  it.each([
    [
      'a body that never ends',
      'POST /pipeline HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"name"',
    ],
    [
      'a chunked body that never ends',
      'POST /pipeline HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n',
    ],
    ['headers that never end', 'GET /pipeline HTTP/1.1\r\nhost: localhost\r\nx-slow'],
    ['nothing at all', ''],
  ])('get 408 and are disconnected: %s', async (_, text) => {
    const answer = await raw(watcher.url, text).answer;
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toContain('application/problem+json');
    expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({ status: 408, code: 'request_timeout' });
  });

  it('that do not speak HTTP get 400 and are disconnected', async () => {
    const answer = await raw(watcher.url, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n').answer;
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({ code: 'unreadable_request' });
  });

  it('leave the service unaffected', async () => {
    expect((await watcher.get('/pipeline')).status).toBe(200);
  });
});
