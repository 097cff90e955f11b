import type { MigrationInterface, QueryRunner } from 'typeorm';
import { withBriefLock } from './brief-lock.js';

/** Namespaces of pipelines, and a table by which lists of pipelines are searched. */
export class Namespaces1768352400000 implements MigrationInterface {
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE IF NOT EXISTS pipeline_search (
        pipeline_id bigint NOT NULL,
        name text COLLATE "C" NOT NULL,
        namespace text COLLATE "C" NOT NULL,
        metadata jsonb,
        CONSTRAINT pk_pipeline_search PRIMARY KEY (pipeline_id))`);
    // The key of a pipeline is the key of its name, and after the separator that of its namespace.
    await runner.query(`
      CREATE OR REPLACE FUNCTION watcher_pipeline_search() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        INSERT INTO pipeline_search AS s (pipeline_id, name, namespace, metadata)
        VALUES (NEW.id, split_part(NEW.name_key, chr(31), 1), split_part(NEW.name_key, chr(31), 2), NEW.pipeline_metadata)
        ON CONFLICT (pipeline_id) DO UPDATE
          SET name = excluded.name, namespace = excluded.namespace, metadata = excluded.metadata;
        RETURN NULL;
      END $$`);
    await withBriefLock(runner, async () => {
      await runner.query(`
        ALTER TABLE pipeline ADD COLUMN IF NOT EXISTS namespace character varying(255) NOT NULL DEFAULT ''`);
      await runner.query(`ALTER TABLE pipeline_search DROP CONSTRAINT IF EXISTS fk_pipeline_search_pipeline`);
      await runner.query(`
        ALTER TABLE pipeline_search ADD CONSTRAINT fk_pipeline_search_pipeline
          FOREIGN KEY (pipeline_id) REFERENCES pipeline (id) ON DELETE CASCADE NOT VALID`);
      await runner.query(`DROP TRIGGER IF EXISTS pipeline_search ON pipeline`);
      await runner.query(`
        CREATE TRIGGER pipeline_search AFTER INSERT OR UPDATE OF name_key, pipeline_metadata ON pipeline
            FOR EACH ROW EXECUTE FUNCTION watcher_pipeline_search()`);
    });
    await runner.query(`
      INSERT INTO pipeline_search (pipeline_id, name, namespace, metadata)
      SELECT p.id, p.name_key, '', p.pipeline_metadata FROM pipeline p
      ON CONFLICT (pipeline_id) DO NOTHING`);
    await runner.query(`ALTER TABLE pipeline_search VALIDATE CONSTRAINT fk_pipeline_search_pipeline`);
    await runner.query(`CREATE INDEX IF NOT EXISTS ix_pipeline_search_name ON pipeline_search (name, pipeline_id)`);
    await runner.query(`
      CREATE INDEX IF NOT EXISTS ix_pipeline_search_namespace ON pipeline_search (namespace, pipeline_id)`);
    await runner.query(`
      CREATE INDEX IF NOT EXISTS ix_pipeline_search_metadata ON pipeline_search USING gin (metadata jsonb_path_ops)`);
    await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS ix_pipeline_inactive`);
    await runner.query(`CREATE INDEX CONCURRENTLY ix_pipeline_inactive ON pipeline (id) WHERE NOT active`);
    // pg_trgm comes with PostgreSQL and needs no superuser. Where it is missing or refused, parts of names are found by
    // reading all names.
    await runner.query(`
      DO $$
      BEGIN
        CREATE EXTENSION IF NOT EXISTS pg_trgm;
        CREATE INDEX IF NOT EXISTS ix_pipeline_search_name_part ON pipeline_search USING gin (name gin_trgm_ops);
      EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported OR undefined_object THEN
        RAISE WARNING 'no index on parts of pipeline names: %', SQLERRM;
      END $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await withBriefLock(runner, async () => {
      await runner.query(`DROP TRIGGER pipeline_search ON pipeline`);
      await runner.query(`DROP TABLE pipeline_search`);
      await runner.query(`DROP FUNCTION watcher_pipeline_search()`);
      await runner.query(`DROP INDEX ix_pipeline_inactive`);
      await runner.query(`ALTER TABLE pipeline DROP COLUMN namespace`);
    });
  }
}
