import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../src/platform/database/data-source.js';
import { isMigrated, migrate } from '../src/platform/database/migrate.js';
import { Monitoring1767398400000 } from '../src/platform/database/migrations/1767398400000-monitoring.js';
import { createDatabase } from './support/database.js';
import { Watcher } from './support/watcher.js';

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
    const names = source.migrations.map((migration) => migration.name ?? migration.constructor.name);
    for (let undone = names.indexOf('Analysis1767657600000'); undone < names.length; undone++)
      await source.undoLastMigration();
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

  it('migrates up, completely down and up again', async () => {
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
