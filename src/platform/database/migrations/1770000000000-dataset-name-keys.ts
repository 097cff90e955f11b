import type { MigrationInterface, QueryRunner } from 'typeorm';
import { nameKey } from '../../values/name.js';
import { withBriefLock } from './brief-lock.js';

/** A thousand datasets by the primary key, after an id. */
const READ = `SELECT a.id, a.name FROM address a WHERE a.id > $1::bigint ORDER BY a.id LIMIT 1000`;

/** Rows are locked in the order of their ids, as the service does. One that is renamed now has its key from the trigger. */
const WRITE = `
  WITH locked AS MATERIALIZED (
    SELECT a.id, a.name FROM address a WHERE a.id = ANY ($1::bigint[]) ORDER BY a.id FOR NO KEY UPDATE
  )
  UPDATE address a SET name_key = item.name_key
    FROM locked
    JOIN unnest($1::bigint[], $2::text[], $3::text[]) AS item (id, name, name_key)
      ON item.id = locked.id AND item.name = locked.name
   WHERE a.id = locked.id`;

/**
 * The keys of the names of datasets, by which parts of names are found: ILIKE compared by another rule on each database.
 *
 * Replicas of the previous build go on meanwhile. What they insert gets its key from the trigger, by the rule of the
 * database; where that differs, as in what they rename, the service writes the right key when the dataset is next named.
 * They search without an index, because theirs goes first.
 */
export class DatasetNameKeys1770000000000 implements MigrationInterface {
  /** Each step may be run twice. */
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await withBriefLock(runner, async () => {
      await runner.query(`ALTER TABLE address ADD COLUMN IF NOT EXISTS name_key text COLLATE "C"`);
      await runner.query(`DROP TRIGGER IF EXISTS address_name_key ON address`);
      await runner.query(`
        CREATE TRIGGER address_name_key BEFORE INSERT OR UPDATE OF name ON address
            FOR EACH ROW WHEN (NEW.name_key IS NULL) EXECUTE FUNCTION watcher_name_key()`);
    });
    // Not later: each row that gets its key would be written to this index as well.
    await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS ix_address_name_part`);
    await fill(runner);
    // Not earlier: a row that has no key yet could not be updated.
    await withBriefLock(runner, async () => {
      await runner.query(`ALTER TABLE address DROP CONSTRAINT IF EXISTS ck_address_name_key`);
      await runner.query(
        `ALTER TABLE address ADD CONSTRAINT ck_address_name_key CHECK (name_key IS NOT NULL) NOT VALID`,
      );
    });
    await runner.query(`ALTER TABLE address VALIDATE CONSTRAINT ck_address_name_key`);
    await withBriefLock(runner, async () => {
      await runner.query(`ALTER TABLE address ALTER COLUMN name_key SET NOT NULL`);
      await runner.query(`ALTER TABLE address DROP CONSTRAINT ck_address_name_key`);
    });
    if (await hasTrigrams(runner)) {
      await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS ix_address_name_key_part`);
      await runner.query(`
        CREATE INDEX CONCURRENTLY ix_address_name_key_part ON address USING gin (name_key gin_trgm_ops)`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    if (await hasTrigrams(runner)) {
      await runner.query(`CREATE INDEX ix_address_name_part ON address USING gin (name gin_trgm_ops)`);
    }
    await withBriefLock(runner, async () => {
      await runner.query(`DROP TRIGGER address_name_key ON address`);
      await runner.query(`ALTER TABLE address DROP COLUMN name_key`);
    });
  }
}

async function fill(runner: QueryRunner): Promise<void> {
  for (let last = 0; ;) {
    const rows: { id: number; name: string }[] = await runner.query(READ, [last]);
    const names = rows.map(({ name }) => name);
    await runner.query(WRITE, [rows.map(({ id }) => id), names, names.map(nameKey)]);
    const end = rows.at(-1);
    if (!end) return;
    last = end.id;
  }
}

/** Whether indexes on parts of names can be built: pg_trgm is optional (see the namespaces). */
async function hasTrigrams(runner: QueryRunner): Promise<boolean> {
  const found: unknown[] = await runner.query(`
    SELECT 1 FROM pg_opclass o WHERE o.opcname = 'gin_trgm_ops' AND pg_opclass_is_visible(o.oid)`);
  return found.length > 0;
}
