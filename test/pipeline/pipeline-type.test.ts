import { type Json, Watcher } from '../support/watcher.js';

let watcher: Watcher;

beforeAll(async () => {
  watcher = await Watcher.start();
});
afterAll(() => watcher.stop());

const thresholds = {
  freshness_number: 1,
  freshness_datepart: 'day',
  mute_freshness_check: true,
  timeliness_number: 30,
  timeliness_datepart: 'minute',
  mute_timeliness_check: false,
  mute_anomaly_check: false,
  lost_after_number: 2,
  lost_after_datepart: 'hour',
  retention_number: 90,
  retention_datepart: 'day',
};

describe('POST /pipeline_type', () => {
  it('creates with 201, and finds an existing type unchanged with 200', async () => {
    const created = await watcher.post('/pipeline_type', { name: 'Extraction', ...thresholds });
    expect(created.status).toBe(201);
    expect(created.body).toEqual({
      id: expect.any(Number),
      name: 'Extraction',
      ...thresholds,
      created_at: expect.any(String),
      updated_at: null,
    });
    const found = await watcher.post('/pipeline_type', { name: 'extraction', mute_freshness_check: false });
    expect([found.status, found.body]).toEqual([200, created.body]);
    expect((await watcher.get(`/pipeline_type/${created.body.id}`)).body).toEqual(created.body);
  });

  it('stores null for omitted fields', async () => {
    const { body } = await watcher.post('/pipeline_type', { name: 'bare', freshness_number: null });
    expect(body).toMatchObject({
      freshness_number: null,
      freshness_datepart: null,
      mute_freshness_check: false,
      timeliness_number: null,
      timeliness_datepart: null,
      mute_timeliness_check: false,
      mute_anomaly_check: false,
      lost_after_number: null,
      lost_after_datepart: null,
      retention_number: null,
      retention_datepart: null,
    });
  });

  it.each([
    ['no name', {}, 'name'],
    ['half a pair', { name: 'half', timeliness_datepart: 'day' }, 'timeliness_number'],
    ['a flag that is a number', { name: 'half', mute_freshness_check: 1 }, 'mute_freshness_check'],
  ])('refuses %s', async (_, body, field) => {
    const answer = await watcher.post('/pipeline_type', body);
    expect([answer.status, answer.body.errors[0].field]).toEqual([422, field]);
  });
});

describe('PATCH /pipeline_type', () => {
  const create = async (name: string, fields: Json = {}): Promise<Json> =>
    (await watcher.post('/pipeline_type', { name, ...fields })).body;

  it('changes only the fields in the body, by id or by name', async () => {
    const type = await create('patched', thresholds);
    const first = await watcher.patch('/pipeline_type', { id: type.id, freshness_number: 2 });
    expect(first.body).toEqual({ ...type, freshness_number: 2, updated_at: expect.any(String) });
    const second = await watcher.patch('/pipeline_type', { name: 'PATCHED', mute_timeliness_check: true });
    expect(second.body).toMatchObject({ name: 'patched', freshness_number: 2, mute_timeliness_check: true });
  });

  it('renames, but not to a name that is taken', async () => {
    await create('taken type');
    const { id } = await create('renamed type');
    expect((await watcher.patch('/pipeline_type', { id, name: 'other type' })).body.name).toBe('other type');
    const { status, body } = await watcher.patch('/pipeline_type', { id, name: 'Taken Type' });
    expect([status, body.code]).toEqual([409, 'name_taken']);
  });

  it('clears a pair, but not half of one, and no flag', async () => {
    const { id } = await create('cleared type', thresholds);
    expect((await watcher.patch('/pipeline_type', { id, timeliness_number: null })).status).toBe(422);
    expect((await watcher.patch('/pipeline_type', { id, mute_freshness_check: null })).status).toBe(422);
    const both = { timeliness_number: null, timeliness_datepart: null };
    expect((await watcher.patch('/pipeline_type', { id, ...both })).body).toMatchObject(both);
  });

  it('answers 404 for an unknown type and 422 without a key', async () => {
    const unknown = await watcher.patch('/pipeline_type', { id: 999_999, freshness_number: 1 });
    expect([unknown.status, unknown.body.code]).toEqual([404, 'pipeline_type_not_found']);
    expect((await watcher.patch('/pipeline_type', { mute_freshness_check: true })).body.code).toBe('key_missing');
    expect((await watcher.get('/pipeline_type/999999')).status).toBe(404);
  });
});

describe('a renamed type', () => {
  it('has its new name in its pipelines; code with the old name creates that type again', async () => {
    const id = await watcher.pipeline('of a renamed type', { pipeline_type_name: 'before' });
    const { body: type } = await watcher.patch('/pipeline_type', {
      id: (await watcher.get(`/pipeline/${id}`)).body.pipeline_type_id,
      name: 'after',
    });
    expect((await watcher.get(`/pipeline/${id}`)).body.pipeline_type_name).toBe('after');
    await watcher.pipeline('another of that type', { pipeline_type_name: 'before' });
    const { body: before } = await watcher.get('/pipeline_type?name=before');
    expect(before).toHaveLength(1);
    expect(before[0].id).not.toBe(type.id);
  });
});
