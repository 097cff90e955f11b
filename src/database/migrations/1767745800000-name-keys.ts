import type { MigrationInterface, QueryRunner } from 'typeorm';
import { nameKey, visible } from '../../common/name.js';
import { MigrationRefusedError } from '../migration-refused-error.js';

/** One table with names: how its rows are read, a thousand at a time after an id, and how they are written. */
interface Table {
  readonly name: string;
  readonly before: string;
  readonly read: string;
  readonly write: string;
  readonly after: readonly string[];
  readonly undo: readonly string[];
}

const TABLES: readonly Table[] = [
  {
    name: 'pipeline_type',
    before: `ALTER TABLE pipeline_type ADD COLUMN name_key text`,
    read: `
      SELECT id::text AS id, name, true AS counts FROM pipeline_type
       WHERE id > coalesce($1::bigint, 0) ORDER BY pipeline_type.id LIMIT 1000`,
    write: `
      UPDATE pipeline_type t SET name = item.name, name_key = item.name_key
        FROM unnest($1::bigint[], $2::text[], $3::text[]) AS item (id, name, name_key) WHERE t.id = item.id`,
    after: [
      `ALTER TABLE pipeline_type ALTER COLUMN name_key SET NOT NULL`,
      `DROP INDEX uq_pipeline_type_name`,
      `CREATE UNIQUE INDEX uq_pipeline_type_name ON pipeline_type (name_key)`,
      `CREATE TRIGGER pipeline_type_name_key BEFORE INSERT ON pipeline_type
          FOR EACH ROW WHEN (NEW.name_key IS NULL) EXECUTE FUNCTION watcher_name_key()`,
    ],
    undo: [
      `DROP TRIGGER pipeline_type_name_key ON pipeline_type`,
      `ALTER TABLE pipeline_type DROP COLUMN name_key`,
      `CREATE UNIQUE INDEX uq_pipeline_type_name ON pipeline_type (lower(name))`,
    ],
  },
  {
    name: 'pipeline',
    before: `ALTER TABLE pipeline ADD COLUMN name_key text`,
    read: `
      SELECT id::text AS id, name, true AS counts FROM pipeline
       WHERE id > coalesce($1::bigint, 0) ORDER BY pipeline.id LIMIT 1000`,
    write: `
      UPDATE pipeline p SET name = item.name, name_key = item.name_key
        FROM unnest($1::bigint[], $2::text[], $3::text[]) AS item (id, name, name_key) WHERE p.id = item.id`,
    after: [
      `ALTER TABLE pipeline ALTER COLUMN name_key SET NOT NULL`,
      `DROP INDEX uq_pipeline_name`,
      `CREATE UNIQUE INDEX uq_pipeline_name ON pipeline (name_key)`,
      `CREATE TRIGGER pipeline_name_key BEFORE INSERT ON pipeline
          FOR EACH ROW WHEN (NEW.name_key IS NULL) EXECUTE FUNCTION watcher_name_key()`,
    ],
    undo: [
      `DROP TRIGGER pipeline_name_key ON pipeline`,
      `ALTER TABLE pipeline DROP COLUMN name_key`,
      `CREATE UNIQUE INDEX uq_pipeline_name ON pipeline (lower(name))`,
    ],
  },
  {
    name: 'api_key',
    before: `ALTER TABLE api_key ADD COLUMN name_key text`,
    read: `
      SELECT id, name, revoked_at IS NULL AS counts FROM api_key
       WHERE id > coalesce($1::varchar, '') ORDER BY id LIMIT 1000`,
    write: `
      UPDATE api_key k SET name = item.name, name_key = item.name_key
        FROM unnest($1::varchar[], $2::text[], $3::text[]) AS item (id, name, name_key) WHERE k.id = item.id`,
    after: [
      `ALTER TABLE api_key ALTER COLUMN name_key SET NOT NULL`,
      `DROP INDEX uq_api_key_name`,
      `CREATE UNIQUE INDEX uq_api_key_name ON api_key (name_key) WHERE revoked_at IS NULL`,
      `CREATE TRIGGER api_key_name_key BEFORE INSERT ON api_key
          FOR EACH ROW WHEN (NEW.name_key IS NULL) EXECUTE FUNCTION watcher_name_key()`,
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
 * Names are the same where their keys are, which the service computes (`common/name.ts`): `lower(name)` was another rule
 * on each database. Where two names have become the same, the migration stops and says which.
 */
export class NameKeys1767745800000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // For rows that are inserted by SQL: right for ASCII, and better than no row.
    await runner.query(`
      CREATE FUNCTION watcher_name_key() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        NEW.name_key := lower(NEW.name);
        RETURN NEW;
      END $$`);
    for (const table of TABLES) {
      await runner.query(table.before);
      await fill(runner, table);
      for (const statement of table.after) await runner.query(statement);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of TABLES.flatMap(({ undo }) => undo)) await runner.query(statement);
    await runner.query(`DROP FUNCTION watcher_name_key()`);
  }
}

/** Brings the names of a table to NFC and gives each its key. */
async function fill(runner: QueryRunner, table: Table): Promise<void> {
  const holders = new Map<string, Row>();
  for (let after: string | undefined; ;) {
    const rows: Row[] = await runner.query(table.read, [after]);
    if (rows.length === 0) return;
    for (const row of rows.filter(({ counts }) => counts)) {
      const holder = holders.get(nameKey(row.name));
      if (holder) throw new MigrationRefusedError(sameName(table.name, holder, row));
      holders.set(nameKey(row.name), row);
    }
    const names = rows.map(({ name }) => name);
    await runner.query(table.write, [
      rows.map(({ id }) => id),
      names.map((name) => name.normalize('NFC')),
      names.map(nameKey),
    ]);
    after = rows.at(-1)?.id;
  }
}

function sameName(table: string, { id, name }: Row, other: Row): string {
  return (
    `table ${table}: the rows ${id} ('${visible(name)}') and ${other.id} ('${visible(other.name)}') have the same name ` +
    'now that names compare by Unicode on every database; rename one of them, such as by ' +
    `UPDATE ${table} SET name = name || ' (2)' WHERE id = '${other.id}', and start again`
  );
}
