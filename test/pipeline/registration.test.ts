import { createHash } from 'node:crypto';
import { type Json, Watcher } from '../support/watcher.js';

let watcher: Watcher;

beforeAll(async () => {
  watcher = await Watcher.start();
});
afterAll(() => watcher.stop());

const full = {
  pipeline_type_name: 'extraction',
  pipeline_metadata: { owner: 'sales', tables: ['b', 'a'], limits: { rows: 1e21, ratio: 0.5 }, note: null },
  freshness_number: 1,
  freshness_datepart: 'day',
  timeliness_number: 30,
  timeliness_datepart: 'minute',
  freshness_warn_number: 12,
  freshness_warn_datepart: 'hour',
  timeliness_warn_number: 20,
  timeliness_warn_datepart: 'minute',
  schedule: '30 2 * * *',
  schedule_timezone: 'Europe/Berlin',
  start_grace_number: 10,
  start_grace_datepart: 'minute',
  lost_after_number: 2,
  lost_after_datepart: 'hour',
  retention_number: 90,
  retention_datepart: 'day',
};
/** The configuration fields that a registration with only the required ones leaves empty. */
const nothing = Object.fromEntries(
  Object.keys(full)
    .filter((field) => field !== 'pipeline_type_name')
    .map((field) => [field, null]),
);

describe('POST /pipeline', () => {
  it('creates with 201, finds with 200, and answers with four fields', async () => {
    const created = await watcher.post('/pipeline', { name: 'created', ...full, next_watermark: '2026-01-31' });
    expect(created.status).toBe(201);
    expect(created.body).toEqual({ id: expect.any(Number), active: true, load_lineage: true, watermark: null });

    const found = await watcher.post('/pipeline', { name: 'created', ...full });
    expect(found.status).toBe(200);
    expect(found.body).toEqual(created.body);
  });

  it('creates a missing type, but not when the pipeline is refused', async () => {
    await watcher.post('/pipeline', { name: 'typed', pipeline_type_name: 'brand new type' });
    expect((await watcher.get('/pipeline_type?name=brand+new+type')).body).toHaveLength(1);

    const refused = { name: 'untyped', pipeline_type_name: 'never made', freshness_number: 1 };
    expect((await watcher.post('/pipeline', refused)).status).toBe(422);
    expect((await watcher.get('/pipeline_type?name=never+made')).body).toEqual([]);
  });

  it('stores every field, and GET returns the whole pipeline', async () => {
    const { body: answer } = await watcher.post('/pipeline', { name: 'whole', ...full, next_watermark: 'w1' });
    const { status, body } = await watcher.get(`/pipeline/${answer.id}`);
    expect(status).toBe(200);
    const { pipeline_metadata, ...rest } = full;
    expect(body).toEqual({
      id: answer.id,
      namespace: '',
      name: 'whole',
      pipeline_type_id: expect.any(Number),
      ...rest,
      pipeline_metadata,
      watermark: null,
      next_watermark: 'w1',
      last_target_insert: null,
      last_target_update: null,
      last_target_soft_delete: null,
      mute_freshness_check: false,
      mute_timeliness_check: false,
      mute_schedule_check: false,
      mute_anomaly_check: false,
      next_expected_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT0[01]:30:00.000Z$/),
      load_lineage: true,
      active: true,
      archived: false,
      config_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      config_version: 1,
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      updated_at: null,
    });
  });

  it.each([
    ['text', '2026-01-31T00:00:00Z', '2026-01-31T00:00:00Z'],
    ['a whole number', 20260131, '20260131'],
    ['a fraction', 0.5, '0.5'],
    ['zero', 0, '0'],
    ['true', true, 'true'],
    ['false', false, 'false'],
    ['empty text', '', ''],
    ['1,000 characters', '😀'.repeat(1000), '😀'.repeat(1000)],
  ])('keeps a next_watermark that is %s as text', async (kind, sent, kept) => {
    const id = await watcher.pipeline(`watermark of ${kind}`, { next_watermark: sent });
    expect((await watcher.get(`/pipeline/${id}`)).body.next_watermark).toBe(kept);
  });

  it('keeps all digits of a number that a double cannot hold', async () => {
    const body = '{"name": "nanoseconds", "pipeline_type_name": "test", "next_watermark": 1769846400123456789}';
    const { body: answer } = await watcher.send('POST', '/pipeline', body, { 'content-type': 'application/json' });
    expect((await watcher.get(`/pipeline/${answer.id}`)).body.next_watermark).toBe('1769846400123456789');
  });

  it.each([
    ['no name', { name: undefined }, 'name'],
    ['a blank name', { name: '   ' }, 'name'],
    ['a name of 256 characters', { name: 'x'.repeat(256) }, 'name'],
    ['no type', { pipeline_type_name: undefined }, 'pipeline_type_name'],
    ['metadata that is an array', { pipeline_metadata: [] }, 'pipeline_metadata'],
    ['metadata that is text', { pipeline_metadata: '{}' }, 'pipeline_metadata'],
    ['metadata over 256 kB', { pipeline_metadata: { a: 'x'.repeat(256 * 1024) } }, 'pipeline_metadata'],
    ['a watermark that is an object', { next_watermark: {} }, 'next_watermark'],
    ['a watermark of 1,001 characters', { next_watermark: 'x'.repeat(1001) }, 'next_watermark'],
    ['half a freshness pair', { freshness_number: 1 }, 'freshness_datepart'],
    ['the other half', { freshness_datepart: 'day' }, 'freshness_number'],
    ['half a timeliness pair', { timeliness_number: 1 }, 'timeliness_datepart'],
    ['a number of 0', { freshness_number: 0, freshness_datepart: 'day' }, 'freshness_number'],
    ['a number of 100,001', { timeliness_number: 100_001, timeliness_datepart: 'day' }, 'timeliness_number'],
    ['a fraction', { freshness_number: 1.5, freshness_datepart: 'day' }, 'freshness_number'],
    ['a number in quotes', { freshness_number: '5', freshness_datepart: 'day' }, 'freshness_number'],
    ['an unknown datepart', { freshness_number: 1, freshness_datepart: 'second' }, 'freshness_datepart'],
    ['a datepart in capitals', { freshness_number: 1, freshness_datepart: 'DAY' }, 'freshness_datepart'],
  ])('refuses %s with 422', async (_, fields, field) => {
    const { status, body } = await watcher.post('/pipeline', {
      name: 'refused',
      pipeline_type_name: 'test',
      ...fields,
    });
    expect(status).toBe(422);
    expect(body.errors.map((error: Json) => error.field)).toEqual([field]);
    expect((await watcher.get('/pipeline?name=refused')).body).toEqual([]);
  });

  it('accepts values at the limits', async () => {
    const room = 256 * 1024 - JSON.stringify({ a: '' }).length;
    const { status } = await watcher.post('/pipeline', {
      name: '😀'.repeat(255),
      pipeline_type_name: 'x'.repeat(255),
      pipeline_metadata: { a: 'x'.repeat(room) },
      freshness_number: 1,
      freshness_datepart: 'year',
      timeliness_number: 100_000,
      timeliness_datepart: 'week',
    });
    expect(status).toBe(201);
  });
});

/** The documented hash, for configurations whose JSON.stringify output is already canonical. */
function hashOf(configuration: Record<string, unknown>): string {
  const sorted = Object.fromEntries(Object.entries(configuration).sort(([a], [b]) => (a < b ? -1 : 1)));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex');
}

describe('configuration as code', () => {
  const register = (name: string, fields: Json = {}): Promise<Json> => watcher.post('/pipeline', { name, ...fields });
  const read = async (id: number): Promise<Json> => (await watcher.get(`/pipeline/${id}`)).body;
  const history = async (id: number): Promise<Json> => (await watcher.get(`/pipeline/${id}/history`)).body;

  it('hashes the canonical JSON of the configuration, next_watermark and nulls left out', async () => {
    const id = await watcher.pipeline('hashed', {
      pipeline_type_name: 'extraction',
      pipeline_metadata: { b: [1, 'x', null], a: 'é' },
      next_watermark: 'not part of it',
      freshness_number: 2,
      freshness_datepart: 'hour',
      timeliness_number: null,
      timeliness_datepart: null,
    });
    const { config_hash } = await read(id);
    expect(config_hash).toBe(
      hashOf({
        name: 'hashed',
        pipeline_type_name: 'extraction',
        pipeline_metadata: { a: 'é', b: [1, 'x', null] },
        freshness_number: 2,
        freshness_datepart: 'hour',
      }),
    );
  });

  it('writes nothing for the same configuration in another spelling', async () => {
    const id = await watcher.pipeline('unchanged', full);
    const before = await read(id);
    const { limits, ...metadata } = full.pipeline_metadata;
    await register('UNCHANGED', {
      ...full,
      pipeline_type_name: ' Extraction ',
      pipeline_metadata: { limits: { ratio: 5e-1, rows: limits.rows }, ...metadata },
      something_else: 'ignored',
    });
    expect(await read(id)).toEqual(before);
    expect(await history(id)).toEqual([]);
  });

  it('writes a given next_watermark, and nothing else, for the same configuration', async () => {
    const id = await watcher.pipeline('moving', { ...full, next_watermark: 'w1' });
    const before = await read(id);
    await register('moving', { ...full, next_watermark: 'w2' });
    expect(await read(id)).toEqual({ ...before, next_watermark: 'w2' });
    await register('moving', full);
    await register('moving', { ...full, next_watermark: null });
    expect(await read(id)).toEqual({ ...before, next_watermark: 'w2' });
  });

  it('replaces the whole configuration after a change in the code, and records both versions', async () => {
    const id = await watcher.pipeline('changed', full);
    await watcher.database.sql(`UPDATE pipeline SET updated_at = '2020-01-01' WHERE id = $1`, [id]);
    const before = await read(id);
    const { status } = await register('changed', {
      pipeline_type_name: 'load',
      timeliness_number: 45,
      timeliness_datepart: 'minute',
    });
    expect(status).toBe(200);
    const after = await read(id);
    expect(after).toEqual({
      ...before,
      pipeline_type_id: expect.any(Number),
      pipeline_type_name: 'load',
      ...nothing,
      timeliness_number: 45,
      timeliness_datepart: 'minute',
      next_expected_at: null,
      config_version: 2,
      config_hash: hashOf({
        name: 'changed',
        pipeline_type_name: 'load',
        timeliness_number: 45,
        timeliness_datepart: 'minute',
      }),
      updated_at: expect.any(String),
    });
    expect(after.updated_at).not.toBe(before.updated_at);
    expect(await history(id)).toEqual([
      {
        pipeline_id: id,
        config_version: 2,
        config_hash: after.config_hash,
        old_configuration: { name: 'changed', ...full },
        new_configuration: {
          name: 'changed',
          pipeline_type_name: 'load',
          ...nothing,
          timeliness_number: 45,
          timeliness_datepart: 'minute',
        },
        changed_at: expect.any(String),
      },
    ]);
  });

  it.each<[string, Json]>([
    ['name and type alone', {}],
    ['a next_watermark', { next_watermark: 'w2' }],
    ['active and the mute flags', { active: false, mute_freshness_check: true, mute_timeliness_check: true }],
    ['nulls of these', { next_watermark: null, active: null, mute_freshness_check: null }],
    ['another type', { pipeline_type_name: 'never made by this' }],
    ['a field that nobody knows', { metadata: { a: 1 } }],
  ])('is not declared by %s: nothing is erased', async (what, body) => {
    const id = await watcher.pipeline(`undeclared by ${what}`, { ...full, next_watermark: 'w1' });
    const before = await read(id);
    const { status, body: answer } = await register(`undeclared by ${what}`, {
      pipeline_type_name: 'extraction',
      ...body,
    });
    expect([status, answer]).toEqual([200, { id, active: true, load_lineage: true, watermark: null }]);
    expect(await read(id)).toEqual({ ...before, next_watermark: body.next_watermark ?? 'w1' });
    expect(await history(id)).toEqual([]);
    expect((await watcher.get('/pipeline_type?name=never+made+by+this')).body).toEqual([]);
  });

  it.each(Object.keys(nothing))('is declared by %s, even null: omitted fields become null', async (field) => {
    const id = await watcher.pipeline(`declared by ${field}`, full);
    await register(`declared by ${field}`, { pipeline_type_name: 'extraction', [field]: null });
    expect(await read(id)).toMatchObject({
      pipeline_metadata: null,
      freshness_number: null,
      timeliness_datepart: null,
      config_version: 2,
    });
  });

  it('begins with the first declaration where the creation had none', async () => {
    const id = await watcher.pipeline('declared later', { pipeline_type_name: 'extraction' });
    await register('declared later', full);
    expect(await read(id)).toMatchObject({ freshness_number: 1, config_version: 2 });
    await register('declared later', { pipeline_type_name: 'extraction' });
    await register('declared later', full);
    expect(await read(id)).toMatchObject({ freshness_number: 1, config_version: 2 });
  });

  it('uses active and the mute flags only at the creation, and not as configuration', async () => {
    const flags = { active: false, mute_freshness_check: true, mute_timeliness_check: true };
    const created = await register('flagged', { pipeline_type_name: 'test', ...flags });
    expect(created).toMatchObject({ status: 201, body: { active: false } });
    const plain = await watcher.pipeline('not flagged');
    const row = await read(created.body.id);
    expect(row).toMatchObject(flags);
    expect(await read(plain)).toMatchObject({
      active: true,
      mute_freshness_check: false,
      mute_timeliness_check: false,
    });
    expect(row.config_hash).toBe(hashOf({ name: 'flagged', pipeline_type_name: 'test' }));
    const opposite = { active: true, mute_freshness_check: false, mute_timeliness_check: false };
    await register('flagged', { ...full, ...opposite });
    expect(await read(created.body.id)).toMatchObject({ ...flags, freshness_number: 1 });
    expect((await register('flagged', { pipeline_type_name: 'test', active: 'no' })).body.errors[0].field).toBe(
      'active',
    );
  });

  it('lists the history newest first', async () => {
    const id = await watcher.pipeline('history', { pipeline_metadata: { step: 1 } });
    for (const step of [2, 3, 1]) {
      await register('history', { pipeline_type_name: 'test', pipeline_metadata: { step } });
    }
    const changes = await history(id);
    expect(changes.map((change: Json) => change.config_version)).toEqual([4, 3, 2]);
    expect(changes.map((change: Json) => change.new_configuration.pipeline_metadata.step)).toEqual([1, 3, 2]);
    expect(changes.map((change: Json) => change.old_configuration.pipeline_metadata.step)).toEqual([3, 2, 1]);
    expect((await watcher.get('/pipeline/999999/history')).status).toBe(404);
  });

  it('keeps changes by an operator until the code changes', async () => {
    const code = { pipeline_type_name: 'test', freshness_number: 1, freshness_datepart: 'day' };
    const id = await watcher.pipeline('operated', code);
    const { body: operated } = await watcher.patch('/pipeline', {
      id,
      freshness_number: 7,
      pipeline_metadata: { by: 'hand' },
    });
    await register('operated', code);
    expect(await read(id)).toEqual(operated);

    await register('operated', { ...code, timeliness_number: 5, timeliness_datepart: 'minute' });
    expect(await read(id)).toMatchObject({ freshness_number: 1, pipeline_metadata: null, timeliness_number: 5 });
    expect((await history(id))[0].old_configuration).toMatchObject({
      freshness_number: 7,
      pipeline_metadata: { by: 'hand' },
    });
  });

  it('never touches watermark, active, mute flags and last_target_*', async () => {
    const id = await watcher.pipeline('kept', { next_watermark: 'w1' });
    const execution = await watcher.begin(id);
    await watcher.end(execution, { inserts: 1, updates: 1, soft_deletes: 1 });
    const operated = {
      active: false,
      load_lineage: false,
      mute_freshness_check: true,
      mute_timeliness_check: true,
    };
    await register('kept', { pipeline_metadata: {}, pipeline_type_name: 'test' });
    const { body: before } = await watcher.patch('/pipeline', { id, ...operated });
    expect(before).toMatchObject({ watermark: 'w1', last_target_insert: expect.any(String) });

    const { body: answer } = await register('kept', { ...full, next_watermark: 'w2' });
    expect(answer).toEqual({ id, active: false, load_lineage: true, watermark: 'w1' });
    const { watermark, last_target_insert, last_target_update, last_target_soft_delete } = before;
    expect(await read(id)).toMatchObject({
      ...operated,
      // A change of the code may change the lineage.
      load_lineage: true,
      watermark,
      last_target_insert,
      last_target_update,
      last_target_soft_delete,
    });
  });
});
