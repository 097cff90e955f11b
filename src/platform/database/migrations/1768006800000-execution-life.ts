import type { MigrationInterface, QueryRunner } from 'typeorm';
import { withBriefLock } from './brief-lock.js';

/**
 * The life of an execution: the statuses `expected`, `aborted`, `skipped` and `lost`, attempts, and parents that are named
 * before they start.
 *
 * Nothing here rewrites the table or locks it for longer than a moment: the new columns have a constant default or none,
 * and replicas of an older version leave them at that. Such a replica writes only statuses that were there before.
 */
export class ExecutionLife1768006800000 implements MigrationInterface {
  /** Each step has a transaction of its own, and may be run twice. */
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await withBriefLock(runner, async () => {
      await runner.query(`
        ALTER TABLE pipeline_execution
          ADD COLUMN IF NOT EXISTS attempt smallint NOT NULL DEFAULT 1,
          ADD COLUMN IF NOT EXISTS retry_of bigint,
          ADD COLUMN IF NOT EXISTS superseded boolean NOT NULL DEFAULT false,
          ADD COLUMN IF NOT EXISTS start_date_estimated boolean NOT NULL DEFAULT false`);
      await runner.query(`ALTER TABLE pipeline_execution DROP CONSTRAINT IF EXISTS ck_pipeline_execution_status`);
      await runner.query(`
        ALTER TABLE pipeline_execution
          ADD CONSTRAINT ck_pipeline_execution_status CHECK (status IN (
                'expected', 'running', 'succeeded', 'failed', 'aborted', 'skipped', 'lost')) NOT VALID`);
      await runner.query(`
        CREATE TABLE IF NOT EXISTS pipeline_execution_attempt (
          slot_id bigint NOT NULL,
          attempt smallint NOT NULL,
          execution_id bigint NOT NULL,
          CONSTRAINT pk_pipeline_execution_attempt PRIMARY KEY (slot_id, attempt),
          CONSTRAINT uq_pipeline_execution_attempt_execution UNIQUE (execution_id)
        )`);
      await runner.query(`
        CREATE TABLE IF NOT EXISTS pipeline_execution_expected (
          execution_id bigint NOT NULL,
          CONSTRAINT pk_pipeline_execution_expected PRIMARY KEY (execution_id)
        )`);
    });
    // Reads the table from end to end, while everybody may write to it.
    await runner.query(`ALTER TABLE pipeline_execution VALIDATE CONSTRAINT ck_pipeline_execution_status`);
    // One that was interrupted leaves an index that nothing uses.
    await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS ix_pipeline_execution_without_result`);
    await runner.query(`
      CREATE INDEX CONCURRENTLY ix_pipeline_execution_without_result
          ON pipeline_execution (status, start_date, id)
       WHERE completed_successfully IS NULL AND end_date IS NOT NULL`);
    await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS ix_pipeline_execution_pipeline_without_result`);
    await runner.query(`
      CREATE INDEX CONCURRENTLY ix_pipeline_execution_pipeline_without_result
          ON pipeline_execution (pipeline_id, status, start_date, id)
       WHERE completed_successfully IS NULL AND end_date IS NOT NULL`);
  }

  /** Refused by the older constraint where an execution has one of the new statuses. */
  async down(runner: QueryRunner): Promise<void> {
    await withBriefLock(runner, async () => {
      await runner.query(`DROP INDEX ix_pipeline_execution_pipeline_without_result`);
      await runner.query(`DROP INDEX ix_pipeline_execution_without_result`);
      await runner.query(`DROP TABLE pipeline_execution_expected`);
      await runner.query(`DROP TABLE pipeline_execution_attempt`);
      await runner.query(`ALTER TABLE pipeline_execution DROP CONSTRAINT ck_pipeline_execution_status`);
      await runner.query(`
        ALTER TABLE pipeline_execution
          ADD CONSTRAINT ck_pipeline_execution_status CHECK (status IN ('running', 'succeeded', 'failed')) NOT VALID,
          DROP COLUMN start_date_estimated, DROP COLUMN superseded, DROP COLUMN retry_of, DROP COLUMN attempt`);
    });
    await runner.query(`ALTER TABLE pipeline_execution VALIDATE CONSTRAINT ck_pipeline_execution_status`);
  }
}
