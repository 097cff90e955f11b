import { type Json, Watcher } from '../support/watcher.js';

let watcher: Watcher;

beforeAll(async () => {
  watcher = await Watcher.start();
});
afterAll(() => watcher.stop());

const pairs = {
  freshness_number: 1,
  freshness_datepart: 'day',
  timeliness_number: 30,
  timeliness_datepart: 'minute',
  freshness_warn_number: 12,
  freshness_warn_datepart: 'hour',
  timeliness_warn_number: 20,
  timeliness_warn_datepart: 'minute',
  start_grace_number: 10,
  start_grace_datepart: 'minute',
  lost_after_number: 2,
  lost_after_datepart: 'hour',
  retention_number: 90,
  retention_datepart: 'day',
};

async function read(id: number): Promise<Json> {
  return (await watcher.get(`/pipeline/${id}`)).body;
}

describe('PATCH /pipeline', () => {
  it.each<[string, Json]>([
    ['pipeline_metadata', { owner: 'finance' }],
    ['watermark', 'w0'],
    ['next_watermark', 'w9'],
    ['freshness_number', 9],
    ['freshness_datepart', 'week'],
    ['timeliness_number', 45],
    ['timeliness_datepart', 'hour'],
    ['freshness_warn_number', 2],
    ['timeliness_warn_datepart', 'minute'],
    ['start_grace_number', 9],
    ['mute_schedule_check', true],
    ['mute_anomaly_check', true],
    ['lost_after_number', 9],
    ['lost_after_datepart', 'day'],
    ['retention_number', 30],
    ['retention_datepart', 'week'],
    ['mute_freshness_check', true],
    ['mute_timeliness_check', true],
    ['active', false],
    ['archived', true],
    ['load_lineage', false],
  ])('changes %s alone, and answers with the whole pipeline', async (field, value) => {
    const id = await watcher.pipeline(`only ${field}`, pairs);
    const before = await read(id);
    const { status, body } = await watcher.patch('/pipeline', { id, [field]: value });
    expect(status).toBe(200);
    expect(body).toEqual({ ...before, [field]: value, updated_at: expect.any(String) });
    expect(await read(id)).toEqual(body);
  });

  it.each(['last_target_insert', 'last_target_update', 'last_target_soft_delete'])(
    'corrects %s, never past now',
    async (field) => {
      const id = await watcher.pipeline(`corrected ${field}`);
      const patch = async (value: unknown): Promise<Json> =>
        (await watcher.patch('/pipeline', { id, [field]: value })).body[field];
      expect(await patch('2026-01-31T02:00:00Z')).toBe('2026-01-31T02:00:00.000Z');
      expect(await patch('2026-01-01T02:00:00+02:00')).toBe('2026-01-01T00:00:00.000Z');
      expect(Date.parse(await patch(new Date(Date.now() + 60_000)))).toBeLessThanOrEqual(Date.now());
      expect(await patch(null)).toBeNull();
    },
  );

  it('returns the time of the last change, null before the first', async () => {
    const id = await watcher.pipeline('changed when');
    expect((await read(id)).updated_at).toBeNull();
    await watcher.pipeline('changed when', { next_watermark: 'w' });
    await watcher.end(await watcher.begin(id));
    expect((await read(id)).updated_at).toBeNull();
    const { created_at, updated_at } = (await watcher.patch('/pipeline', { id, active: false })).body;
    expect(Date.parse(updated_at)).toBeGreaterThan(Date.parse(created_at));
    const [row] = await watcher.database.sql('SELECT updated_at > created_at AS later FROM pipeline WHERE id = $1', [
      id,
    ]);
    expect(row).toEqual({ later: true });
  });

  it.each<[string, Json, string]>([
    ['no key', { active: true }, "Either 'id' or 'name' must be provided"],
    ['half a pair', { freshness_number: 5 }, "'freshness_number' and 'freshness_datepart' must be provided together"],
    [
      'the other half',
      { timeliness_datepart: 'day' },
      "'timeliness_number' and 'timeliness_datepart' must be provided together",
    ],
  ])('refuses %s in the words of the older service', async (what, change, text) => {
    const id = await watcher.pipeline('in older words');
    const { status, body } = await watcher.patch('/pipeline', { ...(what !== 'no key' && { id }), ...change });
    expect([status, body.detail, body.message]).toEqual([422, expect.stringContaining(text), body.detail]);
  });

  it('changes the type', async () => {
    const id = await watcher.pipeline('retyped');
    const { body: type } = await watcher.post('/pipeline_type', { name: 'another' });
    const { body } = await watcher.patch('/pipeline', { id, pipeline_type_id: type.id });
    expect(body).toMatchObject({ pipeline_type_id: type.id, pipeline_type_name: 'another' });
    expect((await watcher.patch('/pipeline', { id, pipeline_type_id: 999_999 })).status).toBe(404);
  });

  it('writes watermarks as text', async () => {
    const id = await watcher.pipeline('numbers');
    const { body } = await watcher.patch('/pipeline', { id, watermark: 5, next_watermark: false });
    expect(body).toMatchObject({ watermark: '5', next_watermark: 'false' });
  });

  it('finds the pipeline by id, by pipeline_id or by name', async () => {
    const id = await watcher.pipeline('Found By');
    for (const key of [{ id }, { pipeline_id: id }, { name: ' found by ' }]) {
      const { status, body } = await watcher.patch('/pipeline', { ...key, active: false });
      expect([status, body.id, body.name]).toEqual([200, id, 'Found By']);
    }
  });

  it('changes nothing without a field to change', async () => {
    const id = await watcher.pipeline('untouched', pairs);
    const before = await read(id);
    expect((await watcher.patch('/pipeline', { id })).body).toEqual(before);
  });

  it('renames by id and name', async () => {
    const id = await watcher.pipeline('old name');
    expect((await watcher.patch('/pipeline', { id, name: 'New Name' })).body.name).toBe('New Name');
    expect((await watcher.patch('/pipeline', { pipeline_id: id, name: 'NEW NAME' })).body.name).toBe('NEW NAME');
    expect((await watcher.get('/pipeline?name=old+name')).body).toEqual([]);
  });

  it('refuses a name that is taken, without case, and changes nothing', async () => {
    await watcher.pipeline('Taken');
    const id = await watcher.pipeline('envious');
    const before = await read(id);
    const { status, body } = await watcher.patch('/pipeline', { id, name: 'tAKEN', active: false });
    expect([status, body.code]).toEqual([409, 'name_taken']);
    expect(await read(id)).toEqual(before);
  });

  it.each(['pipeline_metadata', 'watermark', 'next_watermark'])('clears %s by null', async (field) => {
    const id = await watcher.pipeline(`cleared ${field}`, { pipeline_metadata: { a: 1 }, next_watermark: 'w' });
    await watcher.patch('/pipeline', { id, watermark: 'w' });
    expect((await watcher.patch('/pipeline', { id, [field]: null })).body[field]).toBeNull();
  });

  it('clears a pair by two nulls', async () => {
    const id = await watcher.pipeline('cleared pair', pairs);
    const { body } = await watcher.patch('/pipeline', { id, freshness_number: null, freshness_datepart: null });
    expect(body).toMatchObject({ ...pairs, freshness_number: null, freshness_datepart: null });
  });

  it.each([
    'id',
    'pipeline_id',
    'name',
    'pipeline_type_id',
    'mute_freshness_check',
    'mute_timeliness_check',
    'active',
    'load_lineage',
  ])('refuses null for %s', async (field) => {
    const id = await watcher.pipeline('never null');
    const { status, body } = await watcher.patch('/pipeline', { id, [field]: null });
    expect([status, body.errors?.[0].field]).toEqual([422, field]);
  });

  it.each<[string, Json, Json, number]>([
    ['one half of a pair that is there', pairs, { freshness_number: 5 }, 200],
    ['the other half of it', pairs, { timeliness_datepart: 'hour' }, 200],
    ['half a pair where there is none', {}, { freshness_number: 5 }, 422],
    ['half a pair cleared', pairs, { freshness_number: null }, 422],
    ['the other half cleared', pairs, { timeliness_datepart: null }, 422],
    ['one half set and the other cleared', pairs, { freshness_number: 5, freshness_datepart: null }, 422],
    ['null for half a pair that is not there', {}, { freshness_number: null }, 200],
  ])('checks the pairs of the resulting row: %s', async (what, before, change, expected) => {
    const id = await watcher.pipeline(`pairs: ${what}`, before);
    const stored = await read(id);
    const { status } = await watcher.patch('/pipeline', { id, ...change });
    expect(status).toBe(expected);
    expect(await read(id)).toEqual(status === 200 ? { ...stored, ...change, updated_at: expect.any(String) } : stored);
  });

  it.each([
    ['an unknown id', { id: 999_999, active: true }, 404, 'pipeline_not_found'],
    ['a negative id', { id: -1, active: true }, 422, 'validation_failed'],
    ['an unknown name', { name: 'nobody', active: true }, 404, 'pipeline_not_found'],
    ['no key', { active: true }, 422, 'key_missing'],
    ['nothing at all', {}, 422, 'key_missing'],
    ['an id in quotes', { id: '1' }, 422, 'validation_failed'],
    ['active in quotes', { name: 'nobody', active: 'true' }, 422, 'validation_failed'],
  ])('answers %s as it should', async (_, body, status, code) => {
    const answer = await watcher.patch('/pipeline', body);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  it('keeps concurrent changes of different fields', async () => {
    const id = await watcher.pipeline('patched by many');
    const changes: Json[] = [
      { active: false },
      { load_lineage: false },
      { mute_freshness_check: true },
      { mute_timeliness_check: true },
      { watermark: 'w' },
      { next_watermark: 'n' },
      { freshness_number: 1, freshness_datepart: 'day' },
      { pipeline_metadata: { a: 1 } },
    ];
    const answers = await Promise.all(changes.map((change) => watcher.patch('/pipeline', { id, ...change })));
    expect(answers.map(({ status }) => status)).toEqual(changes.map(() => 200));
    expect(await read(id)).toMatchObject(Object.assign({}, ...changes));
  });
});
