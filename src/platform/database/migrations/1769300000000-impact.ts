import type { MigrationInterface, QueryRunner } from 'typeorm';
import { withBriefLock } from './brief-lock.js';

/** What an incident affects along the lineage, and what a message says of it. */
export class Impact1769300000000 implements MigrationInterface {
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await withBriefLock(runner, async () => {
      await runner.query(`
        ALTER TABLE incident
          ADD COLUMN IF NOT EXISTS impact_datasets integer,
          ADD COLUMN IF NOT EXISTS impact_pipelines integer`);
      await runner.query(`ALTER TABLE alert ADD COLUMN IF NOT EXISTS impact jsonb`);
    });
  }

  async down(runner: QueryRunner): Promise<void> {
    await withBriefLock(runner, async () => {
      await runner.query(`ALTER TABLE alert DROP COLUMN impact`);
      await runner.query(`ALTER TABLE incident DROP COLUMN impact_pipelines, DROP COLUMN impact_datasets`);
    });
  }
}
