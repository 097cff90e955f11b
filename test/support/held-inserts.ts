import type { TestDatabase } from './database.js';

/** Inserts that can be made to wait. */
export interface HeldInserts {
  hold(): Promise<unknown>;
  release(): Promise<unknown>;
}

/**
 * Lets a test hold the inserts into a table for as long as it likes. Not by a lock: the service refuses what waits for
 * one for long, which a slow machine would see.
 */
export async function holdableInserts(
  database: TestDatabase,
  table: 'pipeline' | 'pipeline_execution',
): Promise<HeldInserts> {
  await database.sql(`
    CREATE TABLE held_inserts ();
    CREATE FUNCTION wait_while_held() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      WHILE EXISTS (SELECT FROM held_inserts) LOOP PERFORM pg_sleep(0.02); END LOOP;
      RETURN NEW;
    END $$;
    CREATE TRIGGER wait_while_held BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION wait_while_held()`);
  return {
    hold: () => database.sql('INSERT INTO held_inserts DEFAULT VALUES'),
    release: () => database.sql('DELETE FROM held_inserts'),
  };
}
