import { connect, type Socket } from 'node:net';
import { addKey, bearer } from '../support/access.js';
import { createDatabase } from '../support/database.js';
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
    expect((await watcher.send('OPTIONS', '/pipeline', undefined, origin)).status).toBe(404);
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
    expect(preflight.headers.get('access-control-allow-methods')).toContain('PATCH');
    expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization');
    const refused = await watcher.get('/pipeline', { origin });
    expect(refused.status).toBe(401);
    expect(refused.headers.get('access-control-allow-origin')).toBe(origin);
    expect(refused.headers.get('access-control-expose-headers')).toContain('Link');
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

describe('overload', () => {
  it('is refused with 503 and Retry-After while current requests finish', async () => {
    const watcher = await Watcher.start({ maxPending: 20 });
    const id = await watcher.pipeline('Busy');
    const blocker = await blockWrites(watcher);
    const starts = Array.from({ length: 300 }, () => watcher.post('/start_pipeline_execution', { pipeline_id: id }));
    const shed = await Promise.race([...starts, Promise.all(starts)]);
    expect(shed).toMatchObject({ status: 503, body: { code: 'overloaded' } });
    expect((await watcher.get('/health/live')).status).toBe(200);
    await blocker.release();
    const answers = await Promise.all(starts);
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
    const blocker = await blockWrites(watcher);
    const body = JSON.stringify({ pipeline_id: id });
    const head = `POST /start_pipeline_execution HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n`;
    for (let i = 0; i < 5; i++) {
      const { socket, answer } = raw(watcher.url, `${head}content-length: ${body.length}\r\n\r\n${body}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
      socket.destroy();
      await answer;
    }
    expect((await watcher.get('/pipeline')).status).toBe(503);
    await blocker.release();
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

  /** Delays every start. */
  async function blockWrites(watcher: Watcher): Promise<{ release(): Promise<void> }> {
    const { DataSource } = await import('typeorm');
    const runner = watcher.app.get(DataSource).createQueryRunner();
    await runner.startTransaction();
    await runner.query('LOCK TABLE pipeline_execution IN ACCESS EXCLUSIVE MODE');
    return {
      release: async () => {
        await runner.commitTransaction();
        await runner.release();
      },
    };
  }
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
      'POST /pipeline HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"name"',
    ],
    [
      'a chunked body that never ends',
      'POST /pipeline HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n',
    ],
    ['headers that never end', 'GET /pipeline HTTP/1.1\r\nhost: x\r\nx-slow'],
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
