import type { MigrationInterface, QueryRunner } from 'typeorm';
import { withBriefLock } from './brief-lock.js';

/** Whether an execution has no usual length. The default is stored in the catalog, so no row is written. */
export class EndlessExecutions1770100000000 implements MigrationInterface {
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await withBriefLock(runner, async () => {
      await runner.query(`
        ALTER TABLE pipeline_execution
          ADD COLUMN IF NOT EXISTS endless boolean NOT NULL DEFAULT false`);
    });
  }

  async down(runner: QueryRunner): Promise<void> {
    await withBriefLock(runner, async () => {
      await runner.query(`ALTER TABLE pipeline_execution DROP COLUMN endless`);
    });
  }
}
