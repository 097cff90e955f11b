import type { MigrationInterface, QueryRunner } from 'typeorm';
import { withBriefLock } from './brief-lock.js';

/** Pipelines that are kept, but neither listed nor checked. */
export class Archived1768266000000 implements MigrationInterface {
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await withBriefLock(runner, async () => {
      await runner.query(`ALTER TABLE pipeline ADD COLUMN IF NOT EXISTS archived boolean NOT NULL DEFAULT false`);
    });
  }

  async down(runner: QueryRunner): Promise<void> {
    await withBriefLock(runner, async () => {
      await runner.query(`ALTER TABLE pipeline DROP COLUMN archived`);
    });
  }
}
