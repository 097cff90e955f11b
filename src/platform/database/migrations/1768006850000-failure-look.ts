import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Takes the locks of failures and then looks for open failures, in one statement in place of two. A function of plpgsql
 * takes a new snapshot for each of its statements, so the look sees what was committed while it waited for the locks.
 */
export class FailureLook1768006850000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE OR REPLACE FUNCTION watcher_lock_failures(keys int[], exclusive bool[], pipeline_ids bigint[])
      RETURNS bool
      LANGUAGE plpgsql VOLATILE AS $$
      DECLARE
        space CONSTANT int := hashtext('watcher.failure');
      BEGIN
        FOR n IN 1 .. coalesce(cardinality(keys), 0) LOOP
          IF exclusive[n] THEN
            PERFORM pg_advisory_xact_lock(space, keys[n]);
          ELSE
            PERFORM pg_advisory_xact_lock_shared(space, keys[n]);
          END IF;
        END LOOP;
        RETURN EXISTS (SELECT FROM incident i
                        WHERE i.kind = 'failure' AND i.resolved_at IS NULL AND i.pipeline_id = ANY (pipeline_ids));
      END $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP FUNCTION watcher_lock_failures(int[], bool[], bigint[])`);
  }
}
