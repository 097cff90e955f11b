import { createHash } from 'node:crypto';
import { createDatabase } from '../support/database.js';
import { type Json, Watcher } from '../support/watcher.js';

const NAMES = [
  { name: 'Prüfstraße ÉTÉ' },
  { namespace: 's3://lake', name: 'ÉTÉ in/ΠΕΛΑΤΗΣ' },
  { name: 'hiver' },
  { name: 'same b' },
  { name: 'Same c' },
  { name: 'SAME a' },
];

describe.each([
  ['as the template has it', {}],
  ['C, which folds only ASCII letters', { locale: 'C' }],
  ['one that sorts without case', { locale: 'C', icu: 'en' }],
])('parts of the names of datasets, on a database whose locale is %s', (_, settings) => {
  let watcher: Watcher;
  const declare = async (outputs: readonly Json[]): Promise<void> => {
    const body = JSON.stringify({ inputs: [{ name: 'hiver' }], outputs });
    const id = await watcher.pipeline('writer');
    const { status } = await watcher.send('PUT', `/pipeline/${id}/lineage`, body, {
      'content-type': 'application/json',
    });
    expect(status).toBe(200);
  };
  const listed = async (part: string): Promise<string[]> =>
    (await watcher.all(`/dataset?q=${encodeURIComponent(part)}&limit=1`)).map(({ name }) => name);
  const found = async (part: string): Promise<string[]> =>
    (await watcher.get(`/search?q=${encodeURIComponent(part)}`)).body.datasets.map(({ name }: Json) => name);

  beforeAll(async () => {
    watcher = await Watcher.start({}, await createDatabase(settings));
    await declare(NAMES);
  });
  afterAll(() => watcher.stop());

  it.each([
    ['strasse', ['Prüfstraße ÉTÉ']],
    ['STRASSE', ['Prüfstraße ÉTÉ']],
    ['PRÜFSTRAẞE', ['Prüfstraße ÉTÉ']],
    ['été', ['Prüfstraße ÉTÉ', 'ÉTÉ in/ΠΕΛΑΤΗΣ']],
    ['été'.normalize('NFD'), ['Prüfstraße ÉTÉ', 'ÉTÉ in/ΠΕΛΑΤΗΣ']],
    ['πελάτης', []],
    ['πελατης', ['ÉTÉ in/ΠΕΛΑΤΗΣ']],
    ['é_é', []],
    ['%', []],
  ])('%s', async (part, names) => {
    expect([await listed(part), (await found(part)).toSorted()]).toEqual([names, names]);
  });

  it('are sorted by length, then by code point', async () => {
    expect(await found('same')).toEqual(['SAME a', 'Same c', 'same b']);
  });

  it('follow a new name', async () => {
    const { id } = (
      await watcher.post('/address', { name: 'Öl', address_type_name: 'f', address_type_group_name: 'f' })
    ).body;
    expect(await listed('öl')).toEqual(['Öl']);
    await watcher.patch('/address', { id, name: 'ÄTHER' });
    expect([await listed('öl'), await listed('äther'), await found('äther')]).toEqual([[], ['ÄTHER'], ['ÄTHER']]);
  });

  it('are right once a dataset is named again that an older version or SQL has added or renamed', async () => {
    const keyOf = (name: string): Buffer => createHash('sha256').update(`\0${name}`).digest();
    await watcher.database.sql(
      `INSERT INTO address (name, key, address_type_id, input_hash)
       SELECT 'WEIẞ Plain', $1, t.id, '' FROM address_type t LIMIT 1`,
      [keyOf('weiss plain')],
    );
    await watcher.database.sql(`UPDATE address SET name = 'GROẞ', key = $1 WHERE name = 'hiver'`, [keyOf('gross')]);
    expect(await listed('PLAIN')).toEqual(['WEIẞ Plain']);
    expect([await listed('weiss'), await listed('gross')]).toEqual([[], []]);
    await declare([{ name: 'weiß plain' }, { name: 'groß' }]);
    expect([await listed('weiss'), await found('gross')]).toEqual([['WEIẞ Plain'], ['GROẞ']]);
    expect(await watcher.all('/dataset?name=gross')).toHaveLength(1);
  });

  it('need no pg_trgm', async () => {
    await watcher.database.sql('DROP EXTENSION pg_trgm CASCADE');
    expect([await listed('strasse'), await found('strasse')]).toEqual([['Prüfstraße ÉTÉ'], ['Prüfstraße ÉTÉ']]);
  });
});
