import type { MigrationInterface, QueryRunner } from 'typeorm';
import { withBriefLock } from './brief-lock.js';

/**
 * Columns of `pipeline_execution` for SQL users: `status`, `duration_seconds`, `throughput`, `date_recorded`.
 *
 * No step rewrites the table or locks it for longer than a moment. The columns are empty in existing rows; the service
 * fills them afterwards, in batches (`ExecutionSettlementService`). Replicas of an older version continue to write
 * meanwhile; their starts get the status by its default. Executions that they end keep it, so an hour later the
 * service goes through the table once more.
 */
export class ExecutionStatus1767744000000 implements MigrationInterface {
  /** The two steps lock the table in different ways, so each has a transaction of its own; each may be repeated. */
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await withBriefLock(runner, async () => {
      await runner.query(`
        ALTER TABLE pipeline_execution
          ADD COLUMN IF NOT EXISTS duration_seconds double precision,
          ADD COLUMN IF NOT EXISTS throughput double precision,
          ADD COLUMN IF NOT EXISTS date_recorded date,
          ADD COLUMN IF NOT EXISTS status character varying(9)`);
      // Not together with the column: that would set it in existing rows too.
      await runner.query(`ALTER TABLE pipeline_execution ALTER COLUMN status SET DEFAULT 'running'`);
      await runner.query(`ALTER TABLE pipeline_execution DROP CONSTRAINT IF EXISTS ck_pipeline_execution_status`);
      await runner.query(`
        ALTER TABLE pipeline_execution
          ADD CONSTRAINT ck_pipeline_execution_status CHECK (status IN ('running', 'succeeded', 'failed')) NOT VALID`);
      await runner.query(`
        CREATE TABLE IF NOT EXISTS watcher_fill (
          name character varying(63) NOT NULL,
          position bigint NOT NULL,
          due_at timestamp(3) with time zone NOT NULL,
          finished_at timestamp(3) with time zone,
          CONSTRAINT pk_watcher_fill PRIMARY KEY (name)
        )`);
      // An empty table has nothing to fill.
      await runner.query(`
        INSERT INTO watcher_fill (name, position, due_at, finished_at)
        SELECT fill.name, 9007199254740991, now() + fill.delay,
               CASE WHEN NOT EXISTS (SELECT FROM pipeline_execution) THEN now() END
          FROM (VALUES ('execution_status', interval '0'), ('execution_status_again', interval '1 hour'))
            AS fill (name, delay)
            ON CONFLICT (name) DO NOTHING`);
    });
    // Reads the whole table without blocking writes.
    await runner.query(`ALTER TABLE pipeline_execution VALIDATE CONSTRAINT ck_pipeline_execution_status`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await withBriefLock(runner, async () => {
      await runner.query(`DROP TABLE watcher_fill`);
      await runner.query(`
        ALTER TABLE pipeline_execution
          DROP COLUMN status, DROP COLUMN date_recorded, DROP COLUMN throughput, DROP COLUMN duration_seconds`);
    });
  }
}
