import type { MigrationInterface, QueryRunner } from 'typeorm';
import { nameKey } from '../../values/name.js';
import { visibleText } from '../../values/visible-text.js';
import { MigrationRefusedError } from './migration-refused-error.js';
import { withBriefLock } from './brief-lock.js';

/** The statements for one table with names. */
interface Table {
  readonly name: string;
  readonly extend: readonly string[];
  /** A thousand rows by the primary key, after an id or from the first on. */
  readonly read: string;
  /** A row that is renamed in this moment has its key from the trigger. */
  readonly write: string;
  /** The table is read from end to end, while everybody may write to it; SET NOT NULL then need not read it. */
  readonly index: readonly string[];
  readonly swap: readonly string[];
  readonly undo: readonly string[];
}

const TABLES: readonly Table[] = [
  {
    name: 'pipeline_type',
    extend: [
      `ALTER TABLE pipeline_type ADD COLUMN IF NOT EXISTS name_key text`,
      `DROP TRIGGER IF EXISTS pipeline_type_name_key ON pipeline_type`,
      `CREATE TRIGGER pipeline_type_name_key BEFORE INSERT OR UPDATE OF name ON pipeline_type
          FOR EACH ROW WHEN (NEW.name_key IS NULL) EXECUTE FUNCTION watcher_name_key()`,
      `ALTER TABLE pipeline_type DROP CONSTRAINT IF EXISTS ck_pipeline_type_name_key`,
      `ALTER TABLE pipeline_type ADD CONSTRAINT ck_pipeline_type_name_key CHECK (name_key IS NOT NULL) NOT VALID`,
    ],
    read: `
      SELECT t.id::text AS id, t.name, true AS counts FROM pipeline_type t
       WHERE $1::text IS NULL OR t.id > $1::bigint ORDER BY t.id LIMIT 1000`,
    write: `
      UPDATE pipeline_type t SET name = item.name, name_key = item.name_key
        FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) AS item (id, old_name, name, name_key)
       WHERE t.id = item.id AND t.name = item.old_name`,
    index: [
      `ALTER TABLE pipeline_type VALIDATE CONSTRAINT ck_pipeline_type_name_key`,
      `DROP INDEX CONCURRENTLY IF EXISTS uq_pipeline_type_name_key`,
      `CREATE UNIQUE INDEX CONCURRENTLY uq_pipeline_type_name_key ON pipeline_type (name_key)`,
    ],
    swap: [
      `ALTER TABLE pipeline_type ALTER COLUMN name_key SET NOT NULL`,
      `ALTER TABLE pipeline_type DROP CONSTRAINT ck_pipeline_type_name_key`,
      `DROP INDEX uq_pipeline_type_name`,
      `ALTER INDEX uq_pipeline_type_name_key RENAME TO uq_pipeline_type_name`,
    ],
    undo: [
      `DROP TRIGGER pipeline_type_name_key ON pipeline_type`,
      `ALTER TABLE pipeline_type DROP COLUMN name_key`,
      `CREATE UNIQUE INDEX uq_pipeline_type_name ON pipeline_type (lower(name))`,
    ],
  },
  {
    name: 'pipeline',
    extend: [
      `ALTER TABLE pipeline ADD COLUMN IF NOT EXISTS name_key text`,
      `DROP TRIGGER IF EXISTS pipeline_name_key ON pipeline`,
      `CREATE TRIGGER pipeline_name_key BEFORE INSERT OR UPDATE OF name ON pipeline
          FOR EACH ROW WHEN (NEW.name_key IS NULL) EXECUTE FUNCTION watcher_name_key()`,
      `ALTER TABLE pipeline DROP CONSTRAINT IF EXISTS ck_pipeline_name_key`,
      `ALTER TABLE pipeline ADD CONSTRAINT ck_pipeline_name_key CHECK (name_key IS NOT NULL) NOT VALID`,
    ],
    read: `
      SELECT t.id::text AS id, t.name, true AS counts FROM pipeline t
       WHERE $1::text IS NULL OR t.id > $1::bigint ORDER BY t.id LIMIT 1000`,
    write: `
      UPDATE pipeline t SET name = item.name, name_key = item.name_key
        FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) AS item (id, old_name, name, name_key)
       WHERE t.id = item.id AND t.name = item.old_name`,
    index: [
      `ALTER TABLE pipeline VALIDATE CONSTRAINT ck_pipeline_name_key`,
      `DROP INDEX CONCURRENTLY IF EXISTS uq_pipeline_name_key`,
      `CREATE UNIQUE INDEX CONCURRENTLY uq_pipeline_name_key ON pipeline (name_key)`,
    ],
    swap: [
      `ALTER TABLE pipeline ALTER COLUMN name_key SET NOT NULL`,
      `ALTER TABLE pipeline DROP CONSTRAINT ck_pipeline_name_key`,
      `DROP INDEX uq_pipeline_name`,
      `ALTER INDEX uq_pipeline_name_key RENAME TO uq_pipeline_name`,
    ],
    undo: [
      `DROP TRIGGER pipeline_name_key ON pipeline`,
      `ALTER TABLE pipeline DROP COLUMN name_key`,
      `CREATE UNIQUE INDEX uq_pipeline_name ON pipeline (lower(name))`,
    ],
  },
  {
    name: 'api_key',
    extend: [
      `ALTER TABLE api_key ADD COLUMN IF NOT EXISTS name_key text`,
      `DROP TRIGGER IF EXISTS api_key_name_key ON api_key`,
      `CREATE TRIGGER api_key_name_key BEFORE INSERT OR UPDATE OF name ON api_key
          FOR EACH ROW WHEN (NEW.name_key IS NULL) EXECUTE FUNCTION watcher_name_key()`,
      `ALTER TABLE api_key DROP CONSTRAINT IF EXISTS ck_api_key_name_key`,
      `ALTER TABLE api_key ADD CONSTRAINT ck_api_key_name_key CHECK (name_key IS NOT NULL) NOT VALID`,
    ],
    read: `
      SELECT t.id::text AS id, t.name, t.revoked_at IS NULL AS counts FROM api_key t
       WHERE $1::text IS NULL OR t.id > $1::text ORDER BY t.id LIMIT 1000`,
    write: `
      UPDATE api_key t SET name = item.name, name_key = item.name_key
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS item (id, old_name, name, name_key)
       WHERE t.id = item.id AND t.name = item.old_name`,
    index: [
      `ALTER TABLE api_key VALIDATE CONSTRAINT ck_api_key_name_key`,
      `DROP INDEX CONCURRENTLY IF EXISTS uq_api_key_name_key`,
      `CREATE UNIQUE INDEX CONCURRENTLY uq_api_key_name_key ON api_key (name_key) WHERE revoked_at IS NULL`,
    ],
    swap: [
      `ALTER TABLE api_key ALTER COLUMN name_key SET NOT NULL`,
      `ALTER TABLE api_key DROP CONSTRAINT ck_api_key_name_key`,
      `DROP INDEX uq_api_key_name`,
      `ALTER INDEX uq_api_key_name_key RENAME TO uq_api_key_name`,
    ],
    undo: [
      `DROP TRIGGER api_key_name_key ON api_key`,
      `ALTER TABLE api_key DROP COLUMN name_key`,
      `CREATE UNIQUE INDEX uq_api_key_name ON api_key (lower(name)) WHERE revoked_at IS NULL`,
    ],
  },
];

interface Row {
  readonly id: string;
  readonly name: string;
  /** Whether its name has to differ from the others'. */
  readonly counts: boolean;
}

/**
 * Names are the same where their keys are, which the service computes (`values/name.ts`): `lower(name)` was another rule
 * on each database. Where two names have become the same, the migration stops and says which.
 *
 * Nothing here locks a table for longer than a moment. Replicas of an older version go on meanwhile: they find what is
 * there by `lower(name)`, and what they insert gets its key from a trigger. Once the old index is gone they can't insert
 * a name any more.
 */
export class NameKeys1767837600000 implements MigrationInterface {
  /** Each step may be run twice. */
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    // For rows that SQL or an older version inserts: right for ASCII, and better than no row.
    await runner.query(`
      CREATE OR REPLACE FUNCTION watcher_name_key() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        NEW.name_key := lower(NEW.name);
        RETURN NEW;
      END $$`);
    for (const table of TABLES) await addKeys(runner, table);
  }

  async down(runner: QueryRunner): Promise<void> {
    await withBriefLock(runner, async () => {
      for (const { undo } of TABLES) await runAll(runner, undo);
      await runner.query(`DROP FUNCTION watcher_name_key()`);
    });
  }
}

async function addKeys(runner: QueryRunner, table: Table): Promise<void> {
  await withBriefLock(runner, () => runAll(runner, table.extend));
  const holders = new Map<string, Row>();
  const last = await fill(runner, table, holders);
  await runAll(runner, table.index);
  await withBriefLock(runner, async () => {
    await runAll(runner, table.swap);
    // What has come meanwhile has its key from the trigger.
    await fill(runner, table, new Map(holders), last);
  });
}

async function runAll(runner: QueryRunner, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await runner.query(statement);
}

/** Brings the names of a table to NFC and gives each its key, after an id; the last id. */
async function fill(
  runner: QueryRunner,
  table: Table,
  holders: Map<string, Row>,
  after?: string,
): Promise<string | undefined> {
  for (let last = after; ;) {
    const rows: Row[] = await runner.query(table.read, [last ?? null]);
    if (rows.length === 0) return last;
    for (const row of rows.filter(({ counts }) => counts)) {
      const holder = holders.get(nameKey(row.name));
      if (holder) throw new MigrationRefusedError(sameName(table.name, holder, row));
      holders.set(nameKey(row.name), row);
    }
    const names = rows.map(({ name }) => name);
    await runner.query(table.write, [
      rows.map(({ id }) => id),
      names,
      names.map((name) => name.normalize('NFC')),
      names.map(nameKey),
    ]);
    last = rows.at(-1)?.id;
  }
}

function sameName(table: string, { id, name }: Row, other: Row): string {
  return (
    `table ${table}: the rows ${id} ('${visibleText(name)}') and ${other.id} ('${visibleText(other.name)}') have the ` +
    'same name now that names compare by Unicode on every database; rename one of them, such as by ' +
    `UPDATE ${table} SET name = name || ' (2)' WHERE id = '${other.id}', and start again`
  );
}
