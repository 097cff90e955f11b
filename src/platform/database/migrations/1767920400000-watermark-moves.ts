import type { MigrationInterface, QueryRunner } from 'typeorm';
import { withBriefLock } from './brief-lock.js';

/**
 * What the order of a watermark's moves needs beside the dates of clients: whether a pipeline's `next_watermark` has been
 * used up, and when a start was received that was ahead of the service's clock. And the indexes of two filters of
 * `GET /pipeline_execution`.
 *
 * Replicas of an older version leave the columns empty, which is what most rows have anyway. Nothing locks a table for
 * longer than a moment.
 */
export class WatermarkMoves1767920400000 implements MigrationInterface {
  /** Each step has a transaction of its own, and may be run twice. */
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await withBriefLock(runner, async () => {
      await runner.query(`ALTER TABLE pipeline ADD COLUMN IF NOT EXISTS used_next_watermark text`);
      await runner.query(`
        ALTER TABLE pipeline_execution ADD COLUMN IF NOT EXISTS start_received_at timestamp(3) with time zone`);
    });
    // What a date ahead of now has frozen moves again.
    await runner.query(`UPDATE pipeline SET watermark_start_date = now() WHERE watermark_start_date > now()`);
    await runner.query(`
      UPDATE pipeline
         SET last_target_insert = CASE WHEN last_target_insert > now() THEN now() ELSE last_target_insert END,
             last_target_update = CASE WHEN last_target_update > now() THEN now() ELSE last_target_update END,
             last_target_soft_delete =
               CASE WHEN last_target_soft_delete > now() THEN now() ELSE last_target_soft_delete END
       WHERE GREATEST(last_target_insert, last_target_update, last_target_soft_delete) > now()`);
    // One that was interrupted leaves an index that nothing uses.
    await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS ix_pipeline_execution_end`);
    await runner.query(`
      CREATE INDEX CONCURRENTLY ix_pipeline_execution_end ON pipeline_execution (end_date, id)
       WHERE end_date IS NOT NULL`);
    await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS ix_pipeline_execution_external_id`);
    await runner.query(`
      CREATE INDEX CONCURRENTLY ix_pipeline_execution_external_id ON pipeline_execution_external_id (external_id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await withBriefLock(runner, async () => {
      await runner.query(`DROP INDEX ix_pipeline_execution_external_id`);
      await runner.query(`DROP INDEX ix_pipeline_execution_end`);
      await runner.query(`ALTER TABLE pipeline_execution DROP COLUMN start_received_at`);
      await runner.query(`ALTER TABLE pipeline DROP COLUMN used_next_watermark`);
    });
  }
}
