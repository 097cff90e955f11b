import request from 'supertest';
import { Watcher } from '../support/watcher.js';

let watcher: Watcher;

beforeAll(async () => {
  watcher = await Watcher.start();
});
afterAll(() => watcher.stop());

describe('Prefer: return=minimal', () => {
  const minimal = { prefer: 'return=minimal' };

  it('gives 204 where a body would have followed a 200, on every write', async () => {
    const pipeline = await watcher.pipeline('preferred');
    await watcher.begin(pipeline, { external_id: 'run' });
    const writes: [string, 'post' | 'patch', object][] = [
      ['/pipeline', 'post', { name: 'preferred', pipeline_type_name: 'test' }],
      ['/pipeline', 'patch', { id: pipeline, active: false }],
      ['/pipeline_type', 'post', { name: 'test' }],
      ['/pipeline_type', 'patch', { name: 'test', mute_freshness_check: true }],
      ['/start_pipeline_execution', 'post', { pipeline_id: pipeline, external_id: 'run' }],
      ['/end_pipeline_execution', 'post', { id: await watcher.begin(pipeline), completed_successfully: true }],
    ];
    for (const [path, method, body] of writes) {
      const answer = await watcher[method](path, body, minimal);
      expect([path, answer.status, answer.body]).toEqual([path, 204, '']);
      expect(answer.headers.get('content-type')).toBeNull();
      expect(answer.headers.get('x-request-id')).not.toBeNull();
      expect(answer.headers.get('preference-applied')).toBe('return=minimal');
    }
    expect((await watcher.get(`/pipeline/${pipeline}`)).body.active).toBe(false);
  });

  it('leaves a 201 its body, since nobody else knows the new id', async () => {
    const { status, body } = await watcher.post('/pipeline_type', { name: 'new and minimal' }, minimal);
    expect([status, body.name]).toEqual([201, 'new and minimal']);
  });

  it('leaves reads and refusals alone', async () => {
    expect((await watcher.get('/pipeline', minimal)).status).toBe(200);
    const { status, body } = await watcher.patch('/pipeline', { id: 999_999 }, minimal);
    expect([status, body.code]).toEqual([404, 'pipeline_not_found']);
  });

  it('is heard among other preferences, and return=representation is not it', async () => {
    const patch = async (prefer: string): Promise<number> =>
      (await watcher.patch('/pipeline_type', { name: 'test' }, { prefer })).status;
    await watcher.post('/pipeline_type', { name: 'test' });
    expect(await patch('respond-async, Return="minimal"; foo=bar')).toBe(204);
    expect(await patch('return=representation')).toBe(200);
    expect(await patch('wait=10')).toBe(200);
  });
});

describe('X-Request-Id', () => {
  it.each(['abc', '0198a6b2-5a55-7ad0-8c3c-6f3d2f2f6d0e', 'a.b:c/d+e=f@g_h', 'x'.repeat(128)])(
    'is the caller’s where it is sane: %s',
    async (id) => {
      await request(watcher.url).get('/').set('x-request-id', id).expect('x-request-id', id);
      const { body } = await request(watcher.url).get('/pipeline/999999').set('x-request-id', id);
      expect(body.request_id).toBe(id);
    },
  );

  it.each(['', ' ', 'two words', '<script>', 'x'.repeat(129), 'é'])('is a new one where it is not: %j', async (id) => {
    const { headers } = await request(watcher.url).get('/').set('x-request-id', Buffer.from(id).toString('latin1'));
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('is on every answer, and another one each time', async () => {
    const answers = await Promise.all([
      watcher.get('/'),
      watcher.get('/health'),
      watcher.get('/pipeline'),
      watcher.get('/nothing'),
      watcher.get('/docs-json'),
      watcher.post('/pipeline', {}),
      watcher.get('/pipeline/%zz'),
      watcher.send('POST', '/pipeline', 'x', { 'content-type': 'text/plain' }),
    ]);
    const ids = answers.map(({ headers }) => headers.get('x-request-id'));
    for (const id of ids) expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('a connection', () => {
  it('stays open for at least 65 s', async () => {
    const { headers } = await request(watcher.url).get('/').set('connection', 'keep-alive').expect(200);
    const [, seconds] = /timeout=(\d+)/.exec(headers['keep-alive'] ?? '') ?? [];
    expect(Number(seconds)).toBeGreaterThanOrEqual(65);
  });
});

describe('a trailing slash', () => {
  it('makes no difference', async () => {
    const id = await watcher.pipeline('slash');
    await request(watcher.url).get('/pipeline/').expect(200);
    await request(watcher.url).get(`/pipeline/${id}/`).expect(200);
    await request(watcher.url).get('/pipeline/?limit=1').expect(200);
    await request(watcher.url).post('/pipeline/').send({ name: 'slash', pipeline_type_name: 'test' }).expect(200);
    await request(watcher.url).get('/health/ready/').expect(200);
  });
});

describe('the root and the health', () => {
  it('answer as they should', async () => {
    await request(watcher.url).get('/').expect(200, { status: 'ok' });
    await request(watcher.url).get('/health/live').expect(200, { status: 'ok' });
    await request(watcher.url).get('/health/ready').expect(200, { status: 'ok' });
    const { body } = await request(watcher.url).get('/health').expect(200);
    expect(body).toMatchObject({ status: 'ok', live: true, ready: true });
  });
});

describe('a body', () => {
  it('may hold fields that nobody knows, whatever is in them', async () => {
    const odd = { name: 'odd fields', pipeline_type_name: 'test', id: 'x', Name: 5, extra: ['\0', '\ud800', null] };
    expect((await watcher.post('/pipeline', odd)).status).toBe(201);
  });

  it('means "not given" by null in a POST', async () => {
    const nulls = {
      pipeline_metadata: null,
      next_watermark: null,
      freshness_number: null,
      freshness_datepart: null,
      timeliness_number: null,
      timeliness_datepart: null,
    };
    const id = await watcher.pipeline('nulls', nulls);
    const { body: pipeline } = await watcher.get(`/pipeline/${id}`);
    expect(pipeline).toMatchObject(nulls);
    const { body, status } = await watcher.post('/pipeline', { name: null, pipeline_type_name: 'test' });
    expect([status, body.errors[0].field]).toEqual([422, 'name']);
    const without = await watcher.pipeline('no nulls');
    expect(without).not.toBe(id);
  });

  it('may be compressed by nobody: an encoded one is refused, not misread', async () => {
    const answer = await watcher.send('POST', '/pipeline', 'xxx', {
      'content-type': 'application/json',
      'content-encoding': 'gzip',
    });
    expect([400, 415]).toContain(answer.status);
  });
});

describe('times', () => {
  let pipeline: number;

  beforeAll(async () => {
    pipeline = await watcher.pipeline('times');
  });

  it.each([
    ['2026-01-31T08:15:30Z', '2026-01-31T08:15:30.000Z'],
    ['2026-01-31T08:15:30', '2026-01-31T08:15:30.000Z'],
    ['2026-01-31 08:15:30.5', '2026-01-31T08:15:30.500Z'],
    ['2026-01-31T08:15:30.123456789+02:00', '2026-01-31T06:15:30.123Z'],
    ['2026-01-31T08:15:30-0530', '2026-01-31T13:45:30.000Z'],
    [' 2026-01-31 ', '2026-01-31T00:00:00.000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['1899-12-31T23:59:59.999Z', '1899-12-31T23:59:59.999Z'],
    ['9999-12-31T23:59:59.999999999Z', '9999-12-31T23:59:59.999Z'],
  ])('%s comes back as %s', async (sent, stored) => {
    const id = await watcher.begin(pipeline, { start_date: sent });
    expect((await watcher.get(`/pipeline_execution/${id}`)).body.start_date).toBe(stored);
    const { body } = await watcher.end(id, { end_date: sent, inserts: 1 });
    expect([body.end_date, body.duration_seconds]).toEqual([stored, 0]);
  });

  it.each([
    '999999-01-01T00:00:00Z',
    '0000-01-01',
    '2026-02-30',
    '2026-01-31T25:00:00Z',
    'now',
    'infinity',
    '-infinity',
    '',
  ])('%j is 422', async (sent) => {
    const { status, body } = await watcher.post('/start_pipeline_execution', {
      pipeline_id: pipeline,
      start_date: sent,
    });
    expect([status, body.errors[0].field]).toEqual([422, 'start_date']);
  });
});
