import type { MigrationInterface, QueryRunner } from 'typeorm';
import { withBriefLock } from './brief-lock.js';

/** The fields of a dataset, as the latest event states them. */
export class DatasetFields1769900000000 implements MigrationInterface {
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await withBriefLock(runner, async () => {
      await runner.query(`
        ALTER TABLE address
          ADD COLUMN IF NOT EXISTS schema jsonb,
          ADD COLUMN IF NOT EXISTS schema_at timestamp(6) with time zone`);
    });
  }

  async down(runner: QueryRunner): Promise<void> {
    await withBriefLock(runner, async () => {
      await runner.query(`ALTER TABLE address DROP COLUMN schema_at, DROP COLUMN schema`);
    });
  }
}
