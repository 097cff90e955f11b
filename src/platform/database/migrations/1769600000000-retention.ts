import type { MigrationInterface, QueryRunner } from 'typeorm';
import { withBriefLock } from './brief-lock.js';

/**
 * How long the trees of a pipeline are kept, and the last run of the deletion. The two big tables are vacuumed after a
 * fiftieth of their rows has been deleted, not after a fifth.
 */
export class Retention1769600000000 implements MigrationInterface {
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await withBriefLock(runner, async () => {
      await runner.query(`
        ALTER TABLE pipeline
          ADD COLUMN IF NOT EXISTS retention_number integer,
          ADD COLUMN IF NOT EXISTS retention_datepart character varying(6),
          DROP CONSTRAINT IF EXISTS ck_pipeline_retention,
          ADD CONSTRAINT ck_pipeline_retention CHECK ((retention_number IS NULL) = (retention_datepart IS NULL))`);
      await runner.query(`
        ALTER TABLE pipeline_type
          ADD COLUMN IF NOT EXISTS retention_number integer,
          ADD COLUMN IF NOT EXISTS retention_datepart character varying(6),
          DROP CONSTRAINT IF EXISTS ck_pipeline_type_retention,
          ADD CONSTRAINT ck_pipeline_type_retention CHECK ((retention_number IS NULL) = (retention_datepart IS NULL))`);
      await runner.query(`
        CREATE TABLE IF NOT EXISTS retention_run (
          id boolean NOT NULL DEFAULT true,
          started_at timestamp(3) with time zone NOT NULL,
          ended_at timestamp(3) with time zone,
          succeeded_at timestamp(3) with time zone,
          trees bigint NOT NULL DEFAULT 0,
          executions bigint NOT NULL DEFAULT 0,
          total_trees bigint NOT NULL DEFAULT 0,
          total_executions bigint NOT NULL DEFAULT 0,
          backlog bigint NOT NULL DEFAULT 0,
          CONSTRAINT pk_retention_run PRIMARY KEY (id)
        )`);
      await runner.query(`
        CREATE INDEX IF NOT EXISTS ix_address_edge_last_seen ON address_edge (last_seen) WHERE NOT declared`);
      await runner.query(
        `DROP FUNCTION IF EXISTS watcher_old_trees(timestamptz, timestamptz, bigint, integer, integer)`,
      );
    });
    await withBriefLock(runner, async () => {
      await runner.query(`ALTER TABLE pipeline_execution SET (autovacuum_vacuum_scale_factor = 0.02)`);
    });
    await withBriefLock(runner, async () => {
      await runner.query(`ALTER TABLE pipeline_execution_closure SET (autovacuum_vacuum_scale_factor = 0.02)`);
    });
  }

  async down(runner: QueryRunner): Promise<void> {
    await withBriefLock(runner, async () => {
      await runner.query(`ALTER TABLE pipeline_execution_closure RESET (autovacuum_vacuum_scale_factor)`);
      await runner.query(`ALTER TABLE pipeline_execution RESET (autovacuum_vacuum_scale_factor)`);
      await runner.query(`DROP INDEX ix_address_edge_last_seen`);
      await runner.query(`DROP TABLE retention_run`);
      await runner.query(`ALTER TABLE pipeline_type DROP COLUMN retention_datepart, DROP COLUMN retention_number`);
      await runner.query(`ALTER TABLE pipeline DROP COLUMN retention_datepart, DROP COLUMN retention_number`);
    });
  }
}
