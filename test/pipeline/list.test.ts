import { type Json, Watcher } from '../support/watcher.js';

let watcher: Watcher;
const ids: Record<string, number> = {};

beforeAll(async () => {
  watcher = await Watcher.start();
  for (const [name, type] of [
    ['Alpha', 'load'],
    ['Beta', 'load'],
    ['Gamma', 'extract'],
  ] as const) {
    ids[name] = await watcher.pipeline(name, { pipeline_type_name: type });
  }
  await watcher.patch('/pipeline', { name: 'Beta', active: false });
  ids['Old'] = await watcher.pipeline('Old', { pipeline_type_name: 'load' });
  await watcher.patch('/pipeline', { name: 'Old', archived: true });
});
afterAll(() => watcher.stop());

describe('GET /pipeline', () => {
  it.each([
    ['', ['Alpha', 'Beta', 'Gamma']],
    ['?name=beta', ['Beta']],
    ['?name=nobody', []],
    ['?pipeline_type_name=LOAD', ['Alpha', 'Beta']],
    ['?pipeline_type_name=nothing', []],
    ['?active=true', ['Alpha', 'Gamma']],
    ['?active=false', ['Beta']],
    ['?pipeline_type_name=load&active=true', ['Alpha']],
    ['?archived=false', ['Alpha', 'Beta', 'Gamma']],
    ['?archived=true', ['Old']],
    ['?name=old', []],
    ['?name=old&archived=true', ['Old']],
  ])('%s lists %j', async (query, names) => {
    const { status, body } = await watcher.get(`/pipeline${query}`);
    expect(status).toBe(200);
    expect(body.map((pipeline: Json) => pipeline.name)).toEqual(names);
  });

  it('lists each pipeline as GET /pipeline/{id} returns it', async () => {
    const { body } = await watcher.get('/pipeline');
    for (const pipeline of body) expect((await watcher.get(`/pipeline/${pipeline.id}`)).body).toEqual(pipeline);
  });

  it('leaves archived pipelines out, which are still read by id, registered and run', async () => {
    const { status, body } = await watcher.get(`/pipeline/${ids['Old']}`);
    expect([status, body.archived]).toEqual([200, true]);
    expect(await watcher.pipeline('Old', { pipeline_type_name: 'load', next_watermark: 1 })).toBe(ids['Old']);
    expect((await watcher.end(await watcher.begin(ids['Old'] as number))).status).toBe(200);
    expect((await watcher.get(`/pipeline/${ids['Old']}`)).body).toMatchObject({ archived: true, watermark: '1' });
  });

  it.each(['?active=1', '?active=True', '?name=', '?active=true&active=false', '?name=a&name=b'])(
    'refuses %s',
    async (query) => {
      expect((await watcher.get(`/pipeline${query}`)).status).toBe(422);
    },
  );
});

describe('GET /pipeline by part of the name and by metadata', () => {
  beforeAll(async () => {
    const metadata = { owner: 'sales', tags: ['pii', 'daily'], source: { system: 'crm', id: 1 } };
    await watcher.pipeline('Delta_100%', { pipeline_metadata: metadata });
    await watcher.pipeline('Deltaxyz', { pipeline_metadata: { owner: 'finance', big: 1 } });
    await watcher.send(
      'POST',
      '/pipeline',
      '{"name":"Exact","pipeline_type_name":"test","pipeline_metadata":{"id":1546130668394913823}}',
      { 'content-type': 'application/json' },
    );
  });

  it.each([
    ['q=delta', ['Delta_100%', 'Deltaxyz']],
    ['q=ELTA', ['Delta_100%', 'Deltaxyz']],
    ['q=_', ['Delta_100%']],
    ['q=0%25', ['Delta_100%']],
    ['q=%5C', []],
    ['q=e', ['Beta', 'Delta_100%', 'Deltaxyz', 'Exact']],
    ['q=ta&active=true', ['Delta_100%', 'Deltaxyz']],
    ['q=old', []],
    ['q=old&archived=true', ['Old']],
    ['metadata={"owner":"sales"}', ['Delta_100%']],
    ['metadata={"tags":["daily"]}', ['Delta_100%']],
    ['metadata={"source":{"id":1}}', ['Delta_100%']],
    ['metadata={"id":1546130668394913823}', ['Exact']],
    ['metadata={"id":1546130668394913800}', []],
    ['metadata={}&q=delta', ['Delta_100%', 'Deltaxyz']],
  ])('%s', async (query, names) => {
    const { status, body } = await watcher.get(`/pipeline?${query}`);
    expect([status, body.map((pipeline: Json) => pipeline.name)]).toEqual([200, names]);
  });

  it('follows PATCH and SQL', async () => {
    await watcher.patch('/pipeline', { name: 'Deltaxyz', pipeline_metadata: { owner: 'legal' } });
    const found = async (owner: string): Promise<number> =>
      (await watcher.get(`/pipeline?metadata={"owner":"${owner}"}`)).body.length;
    expect([await found('finance'), await found('legal')]).toEqual([0, 1]);
    await watcher.database.sql(`UPDATE pipeline SET pipeline_metadata = '{"owner":"sql"}' WHERE name = 'Deltaxyz'`);
    expect([await found('legal'), await found('sql')]).toEqual([0, 1]);
  });

  it('needs no pg_trgm, with which it is faster', async () => {
    const [extension] = await watcher.database.sql(`SELECT extname FROM pg_extension WHERE extname = 'pg_trgm'`);
    expect(extension).toEqual({ extname: 'pg_trgm' });
    const without = await Watcher.start();
    await without.database.sql('DROP EXTENSION pg_trgm CASCADE');
    await without.pipeline('Without');
    expect((await without.get('/pipeline?q=ITHO')).body.map((pipeline: Json) => pipeline.name)).toEqual(['Without']);
    await without.stop();
  });

  it('goes on from page to page', async () => {
    expect((await watcher.all('/pipeline?q=e&limit=1')).map(({ name }) => name)).toEqual([
      'Beta',
      'Delta_100%',
      'Deltaxyz',
      'Exact',
    ]);
  });

  it.each([
    String.raw`metadata={"a":"\u0000"}`,
    String.raw`metadata={"a\u0000":1}`,
    String.raw`metadata={"a":"\ud800"}`,
    'metadata={"a":1e200000}',
    'metadata={"a":-1e-200000}',
    `metadata={"a":${'['.repeat(2500)}${']'.repeat(2500)}}`,
    'metadata=sales',
    'metadata=[1]',
    'metadata={',
    'metadata=1',
    'q=',
    `q=${'x'.repeat(256)}`,
    'state=fine',
  ])('refuses %s', async (query) => {
    expect((await watcher.get(`/pipeline?${query}`)).status).toBe(422);
  });
});

describe('GET /pipeline by state', () => {
  const old = '2026-01-01T00:00:00Z';
  let own: Watcher;
  beforeAll(async () => {
    own = await Watcher.start();
    const run = async (name: string, ...ends: (Record<string, unknown> | null)[]): Promise<void> => {
      const id = await own.pipeline(name, name === 'late' ? { timeliness_number: 1, timeliness_datepart: 'hour' } : {});
      for (const [index, end] of ends.entries()) {
        const started = await own.begin(id, { start_date: new Date(Date.parse(old) + index * 60_000).toISOString() });
        if (end) await own.end(started, end);
      }
    };
    const [succeeded, failed] = [{}, { completed_successfully: false }];
    await run('new');
    await run('good', failed, succeeded);
    await run('bad', succeeded, failed);
    await run('bad and running', failed, null);
    await run('late', succeeded, null);
    await run('skipped only', { completed_successfully: undefined, status: 'skipped' });
    await run('off', failed);
    await own.patch('/pipeline', { name: 'off', active: false });
    const stale = await own.pipeline('stale', { freshness_number: 1, freshness_datepart: 'hour' });
    const loaded = await own.begin(stale, { start_date: old });
    await own.end(loaded, { end_date: old, inserts: 1 });
  });
  afterAll(() => own.stop());

  it('has the status of each pipeline where it is asked for', async () => {
    expect((await own.get('/pipeline?limit=1')).body[0]).not.toHaveProperty('status');
    const { status, body } = await own.get('/pipeline?include=status');
    expect(status).toBe(200);
    const of = (name: string): Json => body.find((pipeline: Json) => pipeline.name === name).status;
    expect(of('new')).toEqual({
      last_execution: null,
      recent_statuses: [],
      recent_duration_ms: [],
      stale_at: null,
      open_incidents: 0,
    });
    expect(of('bad and running')).toMatchObject({
      last_execution: { status: 'running', end_date: null, start_date: '2026-01-01T00:01:00.000Z' },
      recent_statuses: ['running', 'failed'],
      recent_duration_ms: [null, expect.any(Number)],
      open_incidents: 1,
    });
    expect(of('stale')).toMatchObject({ stale_at: '2026-01-01T01:00:00.000Z', recent_duration_ms: [0] });
    expect(of('skipped only').recent_statuses).toEqual(['skipped']);
    expect((await own.all('/pipeline?include=status&limit=3')).map((pipeline) => pipeline.status)).toEqual(
      body.map((pipeline: Json) => pipeline.status),
    );
    expect((await own.get('/pipeline?include=everything')).status).toBe(422);
  });

  it.each([
    ['running', ['bad and running', 'late']],
    ['ok', ['good']],
    ['failing', ['bad', 'bad and running']],
    ['late', ['late']],
    ['stale', ['stale']],
    ['never_ran', ['new']],
    ['inactive', ['off']],
  ])('%s', async (state, names) => {
    const { status, body } = await own.get(`/pipeline?state=${state}`);
    expect([status, body.map((pipeline: Json) => pipeline.name)]).toEqual([200, names]);
  });
});

describe('GET /pipeline/{id}', () => {
  it('answers 404 for unknown ids', async () => {
    for (const id of ['999999', '9007199254740993', '99999999999999999999999']) {
      const { status, body } = await watcher.get(`/pipeline/${id}`);
      expect([status, body.detail.includes(id)]).toEqual([404, true]);
    }
  });

  it('answers 422 for invalid ids', async () => {
    for (const id of ['abc', '1.5', '1e3', '0x1', '%20', '1%00']) {
      expect((await watcher.get(`/pipeline/${id}`)).status).toBe(422);
    }
  });
});

describe('an inactive pipeline', () => {
  it('is reported as inactive on registration, and can still start executions', async () => {
    const { body } = await watcher.post('/pipeline', { name: 'Beta', pipeline_type_name: 'load' });
    expect(body.active).toBe(false);
    const { status } = await watcher.post('/start_pipeline_execution', { pipeline_id: ids['Beta'] });
    expect(status).toBe(201);
  });
});
