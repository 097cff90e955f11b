import type { MigrationInterface, QueryRunner } from 'typeorm';
import { withBriefLock } from './brief-lock.js';

/**
 * The index of failed roots, of which there are few among the failed executions and few among the roots. With the pipeline,
 * so that those of one are found in the index.
 */
export class FailedRoots1769700000000 implements MigrationInterface {
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    // One that was interrupted leaves an index that nothing uses.
    await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS ix_pipeline_execution_failed_root`);
    await runner.query(`
      CREATE INDEX CONCURRENTLY ix_pipeline_execution_failed_root
          ON pipeline_execution (start_date, id, pipeline_id)
       WHERE completed_successfully = false AND parent_id IS NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await withBriefLock(runner, async () => {
      await runner.query(`DROP INDEX ix_pipeline_execution_failed_root`);
    });
  }
}
