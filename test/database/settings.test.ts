import { createDatabase, type TestDatabase } from '../support/database.js';
import { type Json, Watcher } from '../support/watcher.js';

/** What a database may be set to by whoever runs it. */
const SETTINGS: readonly (readonly [name: string, value: string])[] = [
  ['datestyle', 'SQL, DMY'],
  ['datestyle', 'German'],
  ['timezone', 'Asia/Kolkata'],
  ['intervalstyle', 'sql_standard'],
  ['standard_conforming_strings', 'off'],
  ['default_transaction_isolation', 'repeatable read'],
  ['default_transaction_isolation', 'serializable'],
];

/** What a service does all day, and what it answers. */
async function day(watcher: Watcher): Promise<Json> {
  const pairs = { freshness_number: 1, freshness_datepart: 'month', timeliness_number: 2, timeliness_datepart: 'hour' };
  const metadata = { path: 'c:\\new\\table', "it's": 1 };
  const pipeline = await watcher.pipeline('A \\ day', { ...pairs, pipeline_metadata: metadata, next_watermark: '\\n' });
  const start_date = '2026-01-02T03:04:05.678+05:30';
  const root = await watcher.begin(pipeline, { start_date, external_id: 'a\\b' });
  const child = await watcher.begin(pipeline, { start_date, parent_id: root });
  await watcher.end(child, { end_date: '2026-01-02T00:00:00Z', completed_successfully: false, error_message: 'c:\\x' });
  const ended = await watcher.end(root, { end_date: '2026-01-02T01:00:00Z', inserts: 3, total_rows: 3 });
  const checks = [await watcher.post('/freshness', {}), await watcher.post('/timeliness', {})];
  const paths = [
    `/pipeline/${pipeline}`,
    `/pipeline_execution/${root}`,
    `/pipeline_execution/${root}/tree`,
    `/pipeline_execution/${root}/root_cause`,
    `/pipeline_execution/${root}/critical_path`,
    '/pipeline_execution?start_date_gte=2026-01-01T00:00:00Z&pipeline_type_name=test&limit=1',
    '/pipeline_execution?external_id=a%5Cb&order=asc&end_date_gte=2026-01-02T00:59:59Z',
    '/incident',
  ];
  const reads = await Promise.all(paths.map((path) => watcher.get(path)));
  const answers = [ended, ...checks, ...reads].map(({ status, body }) => ({ status, body }));
  const dates = await watcher.database.sql(
    `SELECT date_recorded::text = '2026-01-01' OR date_recorded = '2026-01-01'::date AS is_utc FROM pipeline_execution`,
  );
  return { answers, dates };
}

/** The same without the moments at which it was done. */
function timeless(done: Json): Json {
  const moments = /^(created_at|updated_at|opened_at|resolved_at|expected_at)$/;
  return JSON.parse(JSON.stringify(done, (key, value: unknown) => (moments.test(key) ? typeof value : value)));
}

describe('a database that is set to something else', () => {
  let usual: Json;
  beforeAll(async () => {
    const watcher = await Watcher.start();
    usual = timeless(await day(watcher));
    await watcher.stop();
  });

  it.each(SETTINGS)('%s = %s changes nothing', async (name, value) => {
    const watcher = await Watcher.start({}, await databaseWith(name, value));
    expect(usual.answers.map(({ status }: Json) => status)).toEqual(usual.answers.map(() => 200));
    expect(timeless(await day(watcher))).toEqual(usual);
    await watcher.stop();
  });

  it.each(['repeatable read', 'serializable'])('survives rivals at isolation %s', async (level) => {
    const watcher = await Watcher.start({}, await databaseWith('default_transaction_isolation', level));
    for (let round = 0; round < 3; round++) {
      const rivals = await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          watcher.post('/pipeline', {
            name: `wanted ${round}`,
            pipeline_type_name: `type ${round}`,
            next_watermark: n,
          }),
        ),
      );
      expect(rivals.filter(({ status }) => status === 201)).toHaveLength(1);
      expect(rivals.filter(({ status }) => status === 200)).toHaveLength(19);
      const id: number = rivals[0]?.body.id;
      const runs = await Promise.all(Array.from({ length: 20 }, (_, n) => watcher.begin(id, { next_watermark: n })));
      const ends = await Promise.all(runs.map((run) => watcher.end(run)));
      expect(ends.map(({ status }) => status)).toEqual(Array(20).fill(200));
    }
    await watcher.stop();
  });

  it('migrates an empty database with all of them set', async () => {
    const database = await createDatabase({ empty: true });
    for (const [name, value] of SETTINGS) await set(database, name, value);
    const watcher = await Watcher.start({}, database);
    expect(timeless(await day(watcher))).toEqual(usual);
    await watcher.stop();
  });
});

async function databaseWith(name: string, value: string): Promise<TestDatabase> {
  const database = await createDatabase();
  await set(database, name, value);
  return database;
}

/** A value of several words, or several values. */
const LISTS = new Set(['datestyle']);

async function set(database: TestDatabase, name: string, value: string): Promise<void> {
  const [own] = await database.sql<{ name: string }>('SELECT current_database() AS name');
  await database.sql(`ALTER DATABASE ${own?.name} SET ${name} = ${LISTS.has(name) ? value : `'${value}'`}`);
}
