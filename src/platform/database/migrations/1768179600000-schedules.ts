import type { MigrationInterface, QueryRunner } from 'typeorm';
import { withBriefLock } from './brief-lock.js';

/** The time of a pipeline's newest data, as in the other indexes of `pipeline`. */
const LOADED_AT = `coalesce(GREATEST(last_target_insert, last_target_update, last_target_soft_delete), created_at)`;

/** Schedules, and the thresholds of warnings. */
export class Schedules1768179600000 implements MigrationInterface {
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await withBriefLock(runner, async () => {
      await runner.query(`
        ALTER TABLE pipeline
          ADD COLUMN IF NOT EXISTS freshness_warn_number integer,
          ADD COLUMN IF NOT EXISTS freshness_warn_datepart character varying(6),
          ADD COLUMN IF NOT EXISTS timeliness_warn_number integer,
          ADD COLUMN IF NOT EXISTS timeliness_warn_datepart character varying(6),
          ADD COLUMN IF NOT EXISTS schedule text,
          ADD COLUMN IF NOT EXISTS schedule_timezone text,
          ADD COLUMN IF NOT EXISTS start_grace_number integer,
          ADD COLUMN IF NOT EXISTS start_grace_datepart character varying(6),
          ADD COLUMN IF NOT EXISTS next_expected_at timestamp(3) with time zone,
          ADD COLUMN IF NOT EXISTS mute_schedule_check boolean NOT NULL DEFAULT false,
          DROP CONSTRAINT IF EXISTS ck_pipeline_freshness_warn,
          ADD CONSTRAINT ck_pipeline_freshness_warn
                CHECK ((freshness_warn_number IS NULL) = (freshness_warn_datepart IS NULL)),
          DROP CONSTRAINT IF EXISTS ck_pipeline_timeliness_warn,
          ADD CONSTRAINT ck_pipeline_timeliness_warn
                CHECK ((timeliness_warn_number IS NULL) = (timeliness_warn_datepart IS NULL)),
          DROP CONSTRAINT IF EXISTS ck_pipeline_start_grace,
          ADD CONSTRAINT ck_pipeline_start_grace
                CHECK ((start_grace_number IS NULL) = (start_grace_datepart IS NULL))`);
    });
    await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS ix_pipeline_warn_at`);
    await runner.query(`
      CREATE INDEX CONCURRENTLY ix_pipeline_warn_at
          ON pipeline (watcher_due(${LOADED_AT}, freshness_warn_number, freshness_warn_datepart::text))
       WHERE active AND NOT mute_freshness_check AND freshness_warn_number IS NOT NULL`);
    await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS ix_pipeline_timeliness_warn`);
    await runner.query(`
      CREATE INDEX CONCURRENTLY ix_pipeline_timeliness_warn ON pipeline (id)
       WHERE active AND NOT mute_timeliness_check AND timeliness_warn_number IS NOT NULL`);
    await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS ix_pipeline_next_expected`);
    await runner.query(`
      CREATE INDEX CONCURRENTLY ix_pipeline_next_expected ON pipeline (next_expected_at)
       WHERE next_expected_at IS NOT NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await withBriefLock(runner, async () => {
      await runner.query(`DROP INDEX ix_pipeline_next_expected, ix_pipeline_timeliness_warn, ix_pipeline_warn_at`);
      await runner.query(`
        ALTER TABLE pipeline
          DROP COLUMN mute_schedule_check, DROP COLUMN next_expected_at, DROP COLUMN start_grace_datepart,
          DROP COLUMN start_grace_number, DROP COLUMN schedule_timezone, DROP COLUMN schedule,
          DROP COLUMN timeliness_warn_datepart, DROP COLUMN timeliness_warn_number,
          DROP COLUMN freshness_warn_datepart, DROP COLUMN freshness_warn_number`);
    });
  }
}
