import { createDatabase } from '../support/database.js';
import { type Json, Watcher } from '../support/watcher.js';

const registered = async (watcher: Watcher, name: string, type = 'test'): Promise<Json> => {
  const { body } = await watcher.post('/pipeline', { name, pipeline_type_name: type });
  return (await watcher.get(`/pipeline/${body.id}`)).body;
};

describe('names', () => {
  let watcher: Watcher;

  beforeAll(async () => {
    watcher = await Watcher.start();
  });
  afterAll(() => watcher.stop());

  it.each([
    ['case', 'Customer Data Pipeline', 'customer data pipeline'],
    ['white space around them', 'trimmed', ' \t\n trimmed\u00a0\u2003'],
    ['umlauts in another case', 'Größe', 'GRÖßE'],
    ['Cyrillic in another case', 'Загрузка', 'ЗАГРУЗКА'],
    ['Greek in another case', 'ΔΕΔΟΜΕΝΑ', 'δεδομενα'],
    ['a final sigma', 'ΠΕΛΑΤΗΣ', 'πελατης'],
    ['a sharp s', 'Straße', 'STRASSE'],
    ['a dotted capital', 'İstanbul', 'i\u0307stanbul'],
  ])('are equal in spite of %s, and keep their first spelling', async (_, first, second) => {
    const created = await registered(watcher, first, first);
    expect(created.name).toBe(first);
    const { status, body } = await watcher.post('/pipeline', { name: second, pipeline_type_name: second });
    expect([status, body.id]).toEqual([200, created.id]);
    expect((await watcher.get(`/pipeline/${created.id}`)).body).toEqual(created);
    expect((await watcher.get(`/pipeline?name=${encodeURIComponent(second)}`)).body).toEqual([created]);
  });

  it('are equal in NFC and NFD, and stored in NFC', async () => {
    const [composed, decomposed] = ['Überweisungen', 'Überweisungen'.normalize('NFD')];
    const created = await registered(watcher, decomposed, decomposed);
    expect(created).toMatchObject({ name: composed, pipeline_type_name: composed });
    expect(await registered(watcher, composed.toUpperCase())).toMatchObject({ id: created.id, config_version: 1 });
    const ofType = await watcher.get(`/pipeline?pipeline_type_name=${encodeURIComponent(decomposed)}`);
    expect(ofType.body).toMatchObject([{ id: created.id }]);
  });

  it.each(['a\nb', 'a\u0000b', 'a\tb', 'a\u001b[2Jb', 'a\u0085b', 'a\u007f'])(
    'are refused with a control character: %j',
    async (name) => {
      const answers = [
        [await watcher.post('/pipeline', { name, pipeline_type_name: 'test' }), 'name'],
        [await watcher.post('/pipeline', { name: 'x', pipeline_type_name: name }), 'pipeline_type_name'],
        [await watcher.post('/pipeline_type', { name }), 'name'],
        [await watcher.patch('/pipeline', { id: 1, name }), 'name'],
      ] as const;
      for (const [{ status, body }, field] of answers) expect([status, body.errors?.[0]?.field]).toEqual([422, field]);
    },
  );

  it('differ if a letter differs', async () => {
    const [a, b] = [await watcher.pipeline('resume'), await watcher.pipeline('résumé')];
    expect(a).not.toBe(b);
  });

  it.each([
    `'; DROP TABLE pipeline; --`,
    '%',
    '_',
    'a\\b',
    '"quoted"',
    '💾 nightly',
    '<b>',
    '${name}',
    '__proto__',
    'a\u200bb\u2028c',
  ])('may contain any other characters: %j', async (name) => {
    const pipeline = await registered(watcher, name);
    expect(pipeline.name).toBe(name);
    expect((await watcher.get(`/pipeline?name=${encodeURIComponent(name)}`)).body).toEqual([pipeline]);
  });
});

describe('WATCHER_NAME_CASE=lower', () => {
  let watcher: Watcher;

  beforeAll(async () => {
    watcher = await Watcher.start({ nameCase: 'lower' });
  });
  afterAll(() => watcher.stop());

  it('stores names of pipelines and types in lower case, also after a PATCH', async () => {
    const pipeline = await registered(watcher, 'Customer Data', 'Extraction');
    expect(pipeline).toMatchObject({ name: 'customer data', pipeline_type_name: 'extraction' });
    expect((await watcher.patch('/pipeline', { id: pipeline.id, name: 'RENAMED' })).body.name).toBe('renamed');
    expect((await watcher.post('/pipeline_type', { name: 'TYPE' })).body.name).toBe('type');
  });

  it('finds a stored name in any case', async () => {
    const { id } = await registered(watcher, 'Same');
    expect(await registered(watcher, 'SAME')).toMatchObject({ id, name: 'same', config_version: 1 });
  });

  it.each(['İstanbul', 'ΔΕΔΟΜΕΝΑ ΠΕΛΑΤΗΣ', 'STRAẞE', 'ᏣᎳᎩ', 'Überweisungen'.normalize('NFD')])(
    'finds %s again',
    async (name) => {
      const { id } = await registered(watcher, name, name);
      expect(await registered(watcher, name, name)).toMatchObject({ id, config_version: 1 });
      expect((await watcher.get(`/pipeline?name=${encodeURIComponent(name)}`)).body).toHaveLength(1);
      expect((await watcher.patch('/pipeline', { name, active: false })).status).toBe(200);
      const execution = await watcher.begin(id);
      const listed = await watcher.get(`/pipeline_execution?pipeline_name=${encodeURIComponent(name)}`);
      expect(listed.body).toMatchObject([{ id: execution }]);
      expect((await watcher.post('/pipeline_type', { name })).status).toBe(200);
    },
  );

  it('refuses a name that is too long once it is lower-cased', async () => {
    // Lower-casing turns this letter into two characters.
    const name = 'İ'.repeat(255);
    expect((await watcher.post('/pipeline', { name, pipeline_type_name: 'test' })).status).toBe(422);
    expect((await watcher.post('/pipeline', { name: 'x', pipeline_type_name: name })).status).toBe(422);
    expect((await watcher.post('/pipeline_type', { name })).status).toBe(422);
    const { id } = await registered(watcher, 'short');
    expect((await watcher.patch('/pipeline', { id, name })).status).toBe(422);
  });
});

describe('a database with a locale that folds only ASCII letters', () => {
  it('makes no difference', async () => {
    const database = await createDatabase({ locale: 'C' });
    expect(await database.sql(`SELECT upper('ü') AS upper`)).toEqual([{ upper: 'ü' }]);
    const watcher = await Watcher.start({}, database);
    const created = await registered(watcher, 'Überweisungen', 'ΤΎΠΟΣ');
    expect(await registered(watcher, 'ÜBERWEISUNGEN', 'τύπος')).toEqual(created);
    expect(await registered(watcher, 'überweisungen'.normalize('NFD'), 'Τύπος')).toEqual(created);
    await watcher.stop();
  });
});

describe('WATCHER_PIPELINE_NAME_PATTERN', () => {
  let watcher: Watcher;

  beforeAll(async () => {
    watcher = await Watcher.start({ pipelineNamePattern: /^[a-z]+(_[a-z]+)*$/u });
  });
  afterAll(() => watcher.stop());

  it('refuses a new name that does not match', async () => {
    const { status, body } = await watcher.post('/pipeline', { name: 'Not Wanted', pipeline_type_name: 'test' });
    expect([status, body.code, body.errors[0].field]).toEqual([422, 'name_pattern', 'name']);
    expect((await watcher.get('/pipeline')).body).toEqual([]);
    expect((await watcher.get('/pipeline_type')).body).toEqual([]);
  });

  it('accepts a name that matches, and any type name', async () => {
    const { status } = await watcher.post('/pipeline', { name: 'customer_data', pipeline_type_name: 'Any Type' });
    expect(status).toBe(201);
  });

  it('applies to a new name by PATCH too', async () => {
    const id = await watcher.pipeline('to_rename');
    expect((await watcher.patch('/pipeline', { id, name: 'Not Wanted' })).body.code).toBe('name_pattern');
    expect((await watcher.patch('/pipeline', { id, name: 'renamed' })).status).toBe(200);
  });

  it('accepts existing names', async () => {
    await watcher.database.sql(`
      INSERT INTO pipeline (name, pipeline_type_id, config_hash)
      SELECT 'Old One', id, repeat('0', 64) FROM pipeline_type LIMIT 1`);
    const { status, body } = await watcher.post('/pipeline', { name: 'old one', pipeline_type_name: 'test' });
    expect(status).toBe(200);
    expect((await watcher.patch('/pipeline', { id: body.id, name: 'Old One', active: false })).status).toBe(200);
  });
});
