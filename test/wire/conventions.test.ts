import { connect } from 'node:net';
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

  it('leaves a 201 its body, which has the new id', async () => {
    const { status, body } = await watcher.post('/pipeline_type', { name: 'new and minimal' }, minimal);
    expect([status, body.name]).toEqual([201, 'new and minimal']);
  });

  it('does not change reads and refusals', async () => {
    expect((await watcher.get('/pipeline', minimal)).status).toBe(200);
    const { status, body } = await watcher.patch('/pipeline', { id: 999_999 }, minimal);
    expect([status, body.code]).toEqual([404, 'pipeline_not_found']);
  });

  it('is recognised among other preferences, and return=representation differs', async () => {
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

  it.each(['', ' ', 'two words', '<script>', 'x'.repeat(129), 'é'])(
    'is a new one in place of an invalid one: %j',
    async (id) => {
      const { headers } = await request(watcher.url).get('/').set('x-request-id', Buffer.from(id).toString('latin1'));
      expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    },
  );

  it('is on every answer, and is new each time', async () => {
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

describe('the root and health', () => {
  it('answer as they should', async () => {
    await request(watcher.url).get('/').expect(200, { status: 'ok' });
    await request(watcher.url).get('/health/live').expect(200, { status: 'ok' });
    await request(watcher.url).get('/health/ready').expect(200, { status: 'ok' });
    const { body } = await request(watcher.url).get('/health').expect(200);
    expect(body).toMatchObject({ status: 'ok', live: true, ready: true });
  });
});

describe('a body', () => {
  it('may have unknown fields with any content', async () => {
    const odd = { name: 'odd fields', pipeline_type_name: 'test', id: 'x', Name: 5, extra: ['\0', '\ud800', null] };
    expect((await watcher.post('/pipeline', odd)).status).toBe(201);
  });

  it('may have null for "not given" in a POST', async () => {
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

  it('has its unknown fields named, and refused where the client is strict', async () => {
    const typo = {
      name: 'typo',
      pipeline_type_name: 'test',
      freshness_nubmer: 1,
      'a b,c\n': 1,
      __proto__x: 1,
      Name: 2,
    };
    const answer = await watcher.post('/pipeline', typo);
    expect(answer.status).toBe(201);
    expect(answer.headers.get('ignored-fields')).toBe('freshness_nubmer, a%20b%2Cc%0A, __proto__x, Name');
    const strict = await watcher.post('/pipeline', typo, { prefer: 'return=minimal, handling=strict' });
    expect(strict.status).toBe(422);
    expect(strict.body.errors.map(({ field }: { field: string }) => field)).toEqual([
      'freshness_nubmer',
      'a b,c\n',
      '__proto__x',
      'Name',
    ]);
    const known = await watcher.post(
      '/pipeline',
      { name: 'typo', pipeline_type_name: 'test' },
      { prefer: 'handling=strict' },
    );
    expect([known.status, known.headers.get('ignored-fields')]).toEqual([200, null]);
    const lenient = await watcher.post('/pipeline', typo, { prefer: 'handling=lenient' });
    expect(lenient.status).toBe(200);
  });

  it.each([
    ['PATCH', '/pipeline', { name: 'typo' }],
    ['POST', '/pipeline_type', { name: 'test' }],
    ['PATCH', '/pipeline_type', { name: 'test' }],
    ['POST', '/freshness', {}],
    ['POST', '/timeliness', {}],
  ])('has its unknown fields named by %s %s', async (method, path, body) => {
    await watcher.pipeline('typo');
    const send = (headers = {}) =>
      watcher.send(method, path, JSON.stringify({ ...body, unknown_field: 1 }), {
        'content-type': 'application/json',
        ...headers,
      });
    const answer = await send();
    expect([answer.status, answer.headers.get('ignored-fields')]).toEqual([200, 'unknown_field']);
    expect((await send({ prefer: 'handling=strict' })).status).toBe(422);
  });

  it('has the unknown fields of the objects in its lists named too', async () => {
    const id = await watcher.pipeline('typo');
    const body = { inputs: [{ name: 'a', namepsace: 's3://x' }], outputs: [{ name: 'b' }, { name: 'c', row: 5 }] };
    const declare = (prefer: string) =>
      watcher.send('PUT', `/pipeline/${id}/lineage`, JSON.stringify(body), {
        'content-type': 'application/json',
        prefer,
      });
    const answer = await declare('handling=lenient');
    expect([answer.status, answer.headers.get('ignored-fields')]).toEqual([200, 'inputs.namepsace, outputs.row']);
    const strict = await declare('handling=strict');
    expect(strict).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'inputs.namepsace' }, { field: 'outputs.row' }] },
    });
  });

  it('has only some of many unknown fields named, each cut', async () => {
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`${'\ud83d'.repeat(100)}${n}`, n]));
    const answer = await watcher.post('/pipeline', { ...many, name: 'many', pipeline_type_name: 'test' });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('ignored-fields')?.split(', ')).toHaveLength(20);
    expect(answer.headers.get('ignored-fields')?.length).toBeLessThan(15_000);
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
    ['1970-01-01T00:00:00Z', '1970-01-01T00:00:00.000Z'],
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
    '0001-01-01T00:00:00Z',
    '1969-12-31T23:59:59.999Z',
    '9999-12-31T23:59:59.999Z',
    new Date(Date.now() + 25 * 3_600_000).toISOString(),
  ])('%j is 422', async (sent) => {
    const { status, body } = await watcher.post('/start_pipeline_execution', {
      pipeline_id: pipeline,
      start_date: sent,
    });
    expect([status, body.errors[0].field]).toEqual([422, 'start_date']);
    const id = await watcher.begin(pipeline);
    const ended = await watcher.end(id, { end_date: sent });
    expect([ended.status, ended.body.errors[0].field]).toEqual([422, 'end_date']);
  });

  it('may be a little ahead, because clocks and time zones differ', async () => {
    const ahead = new Date(Date.now() + 23 * 3_600_000).toISOString();
    const id = await watcher.begin(pipeline, { start_date: ahead });
    expect((await watcher.get(`/pipeline_execution/${id}`)).body.start_date).toBe(ahead);
  });

  it.each([
    ['2026-03-01T00:00:00+02:00', '2026-02-28T22:00:00Z'],
    ['2026-03-01T00:00:00%2B02:00', '2026-02-28T22:00:00Z'],
    ['2026-03-01T00:00:00.123+0530', '2026-02-28T18:30:00.123Z'],
    ['2026-03-01+00:00:00+02', '2026-02-28T22:00:00Z'],
    ['2026-03-01+00:00', '2026-03-01T00:00:00Z'],
    ['2026-03-01T00:00-02:00', '2026-03-01T02:00:00Z'],
  ])('in a query take a plus as it is: %s', async (given, moment) => {
    const at = new Date(moment).getTime();
    const [before, then] = [new Date(at - 1).toISOString(), new Date(at).toISOString()];
    await watcher.begin(pipeline, { start_date: before, external_id: `before ${given}` });
    await watcher.begin(pipeline, { start_date: then, external_id: `then ${given}` });
    const { body } = await watcher.get(`/pipeline_execution?start_date_gte=${given}`);
    const found = body.map((execution: { external_id: string }) => execution.external_id);
    expect(found).toContain(`then ${given}`);
    expect(found).not.toContain(`before ${given}`);
  });
});

describe('an unknown query parameter', () => {
  it.each([
    ['/pipeline_execution?stauts=failed', 'stauts'],
    ['/pipeline?Name=x', 'Name'],
    ['/pipeline?name=x&nmae=y', 'nmae'],
    ['/pipeline/1?limit=1', 'limit'],
    ['/pipeline/1/history?name=x', 'name'],
    ['/pipeline_type?active=true', 'active'],
    ['/pipeline_execution/1?children=true', 'children'],
    ['/pipeline_execution/1/tree?depth=1', 'depth'],
    ['/incident?pipeline=1', 'pipeline'],
    ['/alert?x', 'x'],
  ])('is refused: %s', async (path, field) => {
    const { status, body } = await watcher.get(path);
    expect([status, body.code, body.errors]).toEqual([
      422,
      'validation_failed',
      [{ field, message: 'is no parameter of this request' }],
    ]);
  });

  it('is refused on writes, and ignored by health', async () => {
    const write = await watcher.post('/pipeline?dry_run=true', { name: 'dry', pipeline_type_name: 'test' });
    expect([write.status, write.body.errors[0].field]).toEqual([422, 'dry_run']);
    expect((await watcher.get('/pipeline?name=dry')).body).toEqual([]);
    expect((await watcher.get('/health/ready?probe=1')).status).toBe(200);
    expect((await watcher.get('/metrics?x=1')).status).toBe(200);
    expect((await watcher.get('/docs-json?x=1')).status).toBe(200);
  });
});

describe('a URL', () => {
  /** Sends the path as raw bytes, as curl does. */
  const raw = async (path: string | Buffer): Promise<string> => {
    const { hostname, port } = new URL(watcher.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      Buffer.concat([
        Buffer.from('GET '),
        Buffer.from(path),
        Buffer.from(' HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n'),
      ]),
    );
    return Buffer.concat(await socket.toArray()).toString();
  };

  it('with characters that have to be encoded is refused with that reason', async () => {
    for (const path of ['/pipeline?name=Größe', '/pipeline/💾', Buffer.from('/pipeline?name=Größe', 'latin1')]) {
      const answer = await raw(path);
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(answer).toContain('"code":"unreadable_url"');
      expect(answer).toContain('percent-encoded');
    }
  });

  it('with such characters encoded is read, also in the link to the next page', async () => {
    for (const name of ['second', 'third']) await watcher.pipeline(name, { pipeline_type_name: 'Größe 💾' });
    const page = await raw(`/pipeline?pipeline_type_name=${encodeURIComponent('GRÖßE 💾')}&limit=1`);
    expect(page).toMatch(
      /link: <http:\/\/localhost\/pipeline\?pipeline_type_name=GR%C3%96%C3%9FE\+%F0%9F%92%BE&limit=1&cursor=\w+>/i,
    );
  });
});
