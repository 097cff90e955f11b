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
