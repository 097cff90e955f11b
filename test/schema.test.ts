import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../src/database/data-source.js';
import { createDatabase } from './support/database.js';
import { Watcher } from './support/watcher.js';

describe('the schema', () => {
  it('is what the entities say', async () => {
    const watcher = await Watcher.start();
    const changes = await watcher.app.get(DataSource).driver.createSchemaBuilder().log();
    expect(changes.upQueries.map(({ query }) => query)).toEqual([]);
    await watcher.stop();
  });

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
