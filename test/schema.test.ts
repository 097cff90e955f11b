import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../src/platform/database/data-source.js';
import { isMigrated, migrate } from '../src/platform/database/migrate.js';
import { Monitoring1767398400000 } from '../src/platform/database/migrations/1767398400000-monitoring.js';
import { explain } from '../src/app/start-up.js';
import { createDatabase } from './support/database.js';
import { Watcher } from './support/watcher.js';

/** Undoes the migrations after the named one. */
async function undoTo(source: DataSource, name: string): Promise<void> {
  const last = async (): Promise<string | undefined> =>
    (await source.query<{ name: string }[]>('SELECT name FROM watcher_migration ORDER BY timestamp DESC LIMIT 1'))[0]
      ?.name;
  while ((await last()) !== name) await source.undoLastMigration();
}

describe('the schema', () => {
  it('matches the entities', async () => {
    const watcher = await Watcher.start();
    const changes = await watcher.app.get(DataSource).driver.createSchemaBuilder().log();
    expect(changes.upQueries.map(({ query }) => query)).toEqual([]);
    await watcher.stop();
  });

  it('upgrades a database with the views from before the deadlines', async () => {
    const database = await createDatabase({ empty: true });
    const source = await new DataSource(dataSourceOptions(database.url, 2)).initialize();
    await source.runMigrations();
    await undoTo(source, 'Idempotency1767571200000');
    const runner = source.createQueryRunner();
    await new Monitoring1767398400000().down(runner);
    await runner.release();
    await database.sql(`
      CREATE INDEX ix_pipeline_execution_pipeline_succeeded ON pipeline_execution (pipeline_id, start_date, id)
       WHERE completed_successfully = true;
      CREATE VIEW v_execution AS SELECT id, parent_id FROM pipeline_execution;
      CREATE VIEW v_execution_tree AS
        SELECT c.depth, e.* FROM pipeline_execution_closure c JOIN v_execution e ON e.id = c.child_execution_id;
      DELETE FROM watcher_migration WHERE name = 'Monitoring1767398400000';
      INSERT INTO watcher_migration (timestamp, name) VALUES (1767312000000, 'Analysis1767312000000')`);
    await migrate(source);
    expect(await isMigrated(source)).toBe(true);
    expect(await database.sql(`SELECT deadline FROM v_execution_tree`)).toEqual([]);
    await source.destroy();
    await database.drop();
  });

  it('gives the names of an older version their keys, many of them', async () => {
    const { database, source } = await before('Analysis1767657600000');
    await database.sql(`
      INSERT INTO pipeline_type (name) SELECT 'Type ' || n FROM generate_series(1, 2500) AS n;
      INSERT INTO pipeline (name, pipeline_type_id, config_hash) VALUES
        ('Straße', 1, ''), (U&'Uberweisung U\\0308', 1, ''), ('ΠΕΛΑΤΗΣ', 1, '');
      INSERT INTO api_key (id, name, scope, key_hash, revoked_at)
      VALUES ('a', 'Same', 'read', '', now()), ('b', 'same', 'read', '', now()), ('c', 'SAME', 'read', '', NULL)`);
    await migrate(source);
    expect(await database.sql('SELECT name, name_key FROM pipeline ORDER BY id')).toEqual([
      { name: 'Straße', name_key: 'strasse' },
      { name: 'Uberweisung Ü', name_key: 'uberweisung ü' },
      { name: 'ΠΕΛΑΤΗΣ', name_key: 'πελατησ' },
    ]);
    const [types] = await database.sql(`SELECT count(*)::int AS n FROM pipeline_type WHERE name_key = lower(name)`);
    expect(types).toEqual({ n: 2500 });
    // Rows by SQL get a key too, as far as PostgreSQL can tell.
    await database.sql(`INSERT INTO pipeline (name, pipeline_type_id, config_hash) VALUES ('By SQL', 1, '')`);
    expect(await database.sql(`SELECT name FROM pipeline WHERE name_key = 'by sql'`)).toHaveLength(1);
    await source.destroy();
    await database.drop();
  });

  it('gives the names of datasets of an older version their keys, many of them', async () => {
    const { database, source } = await before('DatasetFields1769900000000');
    await database.sql(`
      INSERT INTO address_type (name, name_key, group_name) VALUES ('t', 't', 'g');
      INSERT INTO address (name, key, address_type_id, input_hash)
      SELECT CASE WHEN n % 1000 = 0 THEN 'Straße ' ELSE 'Table ' END || n, sha256(n::text::bytea), 1, ''
        FROM generate_series(1, 3000) AS n`);
    await migrate(source);
    expect(await database.sql(`SELECT name_key FROM address WHERE name LIKE 'S%' ORDER BY id`)).toEqual([
      { name_key: 'strasse 1000' },
      { name_key: 'strasse 2000' },
      { name_key: 'strasse 3000' },
    ]);
    const [tables] = await database.sql(`SELECT count(*)::int AS n FROM address WHERE name_key = lower(name)`);
    expect(tables).toEqual({ n: 2997 });
    expect(await database.sql(`SELECT indexname FROM pg_indexes WHERE indexname LIKE 'ix_address_name_%part'`)).toEqual(
      [{ indexname: 'ix_address_name_key_part' }],
    );
    await source.destroy();
    await database.drop();
  });

  it('stops where two names have become the same, says which in one line, and goes on when they differ', async () => {
    const { database, source } = await before('Analysis1767657600000');
    await database.sql(`
      INSERT INTO pipeline_type (name) VALUES ('t');
      INSERT INTO pipeline (name, pipeline_type_id, config_hash)
      VALUES (U&'\\00DCberweisungen', 1, ''), ('other', 1, ''), (U&'U\\0308berweisungen', 1, '')`);
    const refusal: unknown = await migrate(source).catch((error: unknown) => error);
    expect(explain(refusal)).toMatch(
      /^DATABASE_URL: table pipeline: the rows 1 \('Überweisungen'\) and 3 \('Ü?.*'\) have the same name .*UPDATE pipeline SET name = name \|\| ' \(2\)' WHERE id = '3'/,
    );
    expect(explain(refusal)).not.toContain('\n');
    await database.sql(`UPDATE pipeline SET name = name || ' (2)' WHERE id = '3'`);
    await migrate(source);
    expect(await isMigrated(source)).toBe(true);
    await source.destroy();
    await database.drop();
  });

  /** A database as a version of the service left it whose last migration is the named one. */
  async function before(name: string) {
    const database = await createDatabase({ empty: true });
    const source = await new DataSource(dataSourceOptions(database.url, 2)).initialize();
    await source.runMigrations();
    await undoTo(source, name);
    return { database, source };
  }

  it('migrates up, down to nothing and up again', async () => {
    const database = await createDatabase({ empty: true });
    const source = await new DataSource(dataSourceOptions(database.url, 2)).initialize();
    const ran = await source.runMigrations();
    for (let undone = 0; undone < ran.length; undone++) await source.undoLastMigration();
    const left = await database.sql(
      `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'S')
          AND relname NOT LIKE 'watcher_migration%'`,
    );
    expect(left).toEqual([]);
    expect(await source.runMigrations()).toHaveLength(ran.length);
    await source.destroy();
    await database.drop();
  });
});
