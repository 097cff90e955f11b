import type { MigrationInterface, QueryRunner } from 'typeorm';
import { withBriefLock } from './brief-lock.js';

/** Heartbeats, and the thresholds after which a silent execution is lost. */
export class Heartbeats1768093200000 implements MigrationInterface {
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await withBriefLock(runner, async () => {
      // Half of each page is left free for the next versions of its rows, which are updated in place.
      await runner.query(`
        CREATE TABLE IF NOT EXISTS execution_heartbeat (
          execution_id bigint NOT NULL,
          at timestamp(3) with time zone NOT NULL,
          progress double precision,
          message text,
          gaps real[] NOT NULL DEFAULT '{}',
          CONSTRAINT pk_execution_heartbeat PRIMARY KEY (execution_id)
        ) WITH (fillfactor = 50)`);
      await runner.query(`
        CREATE TABLE IF NOT EXISTS heartbeat_watch (
          id boolean NOT NULL DEFAULT true,
          checked_at timestamp(3) with time zone NOT NULL,
          listening_since timestamp(3) with time zone,
          CONSTRAINT pk_heartbeat_watch PRIMARY KEY (id)
        )`);
      await runner.query(`
        ALTER TABLE pipeline
          ADD COLUMN IF NOT EXISTS lost_after_number integer,
          ADD COLUMN IF NOT EXISTS lost_after_datepart character varying(6),
          DROP CONSTRAINT IF EXISTS ck_pipeline_lost_after,
          ADD CONSTRAINT ck_pipeline_lost_after CHECK ((lost_after_number IS NULL) = (lost_after_datepart IS NULL))`);
      await runner.query(`
        ALTER TABLE pipeline_type
          ADD COLUMN IF NOT EXISTS lost_after_number integer,
          ADD COLUMN IF NOT EXISTS lost_after_datepart character varying(6),
          DROP CONSTRAINT IF EXISTS ck_pipeline_type_lost_after,
          ADD CONSTRAINT ck_pipeline_type_lost_after
                CHECK ((lost_after_number IS NULL) = (lost_after_datepart IS NULL))`);
    });
  }

  async down(runner: QueryRunner): Promise<void> {
    await withBriefLock(runner, async () => {
      await runner.query(`ALTER TABLE pipeline_type DROP COLUMN lost_after_datepart, DROP COLUMN lost_after_number`);
      await runner.query(`ALTER TABLE pipeline DROP COLUMN lost_after_datepart, DROP COLUMN lost_after_number`);
      await runner.query(`DROP TABLE heartbeat_watch`);
      await runner.query(`DROP TABLE execution_heartbeat`);
    });
  }
}
