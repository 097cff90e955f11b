import type { MigrationInterface, QueryRunner } from 'typeorm';
import { withBriefLock } from './brief-lock.js';

/** How many existing incidents are updated in one batch. */
const BATCH = 10_000;

/**
 * Consecutive failures as one incident; severity, acknowledgement and muting of incidents; routes of alerts.
 *
 * No step locks a table for longer than a moment: indexes are built CONCURRENTLY, existing rows are updated in
 * batches. Replicas of an older version continue to write meanwhile. They write no `root_id`, so the rule of one open
 * failure for each pipeline does not apply to their failures, and no `target`, in place of which the channel counts;
 * the incidents that they open have been reported, as the default of `notified_at` records.
 */
export class IncidentLife1767747500000 implements MigrationInterface {
  /** Each step may be repeated. */
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await buildIndex(
      runner,
      `DROP INDEX CONCURRENTLY IF EXISTS ix_pipeline_execution_pipeline_succeeded_end`,
      `CREATE INDEX CONCURRENTLY ix_pipeline_execution_pipeline_succeeded_end
           ON pipeline_execution (pipeline_id, end_date) WHERE completed_successfully = true`,
    );
    await withBriefLock(runner, () => this.extend(runner));
    await this.nameRoots(runner);
    await buildIndex(
      runner,
      `DROP INDEX CONCURRENTLY IF EXISTS ix_incident_root`,
      `CREATE INDEX CONCURRENTLY ix_incident_root ON incident (root_id, id) WHERE root_id IS NOT NULL`,
    );
    await withBriefLock(runner, () => this.joinFailures(runner));
    await buildIndex(
      runner,
      `DROP INDEX CONCURRENTLY IF EXISTS uq_incident_open_failure`,
      `CREATE UNIQUE INDEX CONCURRENTLY uq_incident_open_failure
           ON incident (pipeline_id, (CASE WHEN root_id IS NULL THEN id ELSE 0 END))
        WHERE kind = 'failure' AND resolved_at IS NULL`,
    );
  }

  private async extend(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE incident
        ADD COLUMN IF NOT EXISTS severity character varying(8) NOT NULL DEFAULT 'critical',
        ADD COLUMN IF NOT EXISTS occurrences integer NOT NULL DEFAULT 1,
        ADD COLUMN IF NOT EXISTS root_id bigint,
        ADD COLUMN IF NOT EXISTS notified_at timestamp(3) with time zone,
        ADD COLUMN IF NOT EXISTS acknowledged_at timestamp(3) with time zone,
        ADD COLUMN IF NOT EXISTS acknowledged_by character varying(255),
        ADD COLUMN IF NOT EXISTS note text,
        ADD COLUMN IF NOT EXISTS muted_until timestamp(3) with time zone`);
    // Not together with the column: existing incidents would count as reported now.
    await runner.query(`ALTER TABLE incident ALTER COLUMN notified_at SET DEFAULT now()`);
    await runner.query(`
      CREATE TABLE IF NOT EXISTS incident_failure (
        execution_id bigint NOT NULL,
        incident_id bigint NOT NULL,
        ended_at timestamp(3) with time zone NOT NULL,
        CONSTRAINT pk_incident_failure PRIMARY KEY (execution_id)
      )`);
    await runner.query(`
      CREATE INDEX IF NOT EXISTS ix_incident_failure_incident ON incident_failure (incident_id, ended_at)`);
    await runner.query(`
      ALTER TABLE alert
        ALTER COLUMN channel TYPE character varying(16),
        ALTER COLUMN event TYPE character varying(16),
        ADD COLUMN IF NOT EXISTS route text NOT NULL DEFAULT 'default',
        ADD COLUMN IF NOT EXISTS target character varying(100)`);
  }

  /** Stores the roots of existing incidents; each batch by pk_incident and pk_pipeline_execution. */
  private async nameRoots(runner: QueryRunner): Promise<void> {
    const [last] = (await runner.query(`SELECT max(id)::bigint AS id FROM incident`)) as { id: number | null }[];
    for (let from = 0; from < (last?.id ?? 0); from += BATCH) {
      await runner.query(
        `WITH execution AS MATERIALIZED (
           SELECT e.id, e.root_id
             FROM pipeline_execution e
            WHERE e.id = ANY (ARRAY(SELECT i.execution_id FROM incident i
                                     WHERE i.id > $1::bigint AND i.id <= $2::bigint AND i.root_id IS NULL))
         )
         UPDATE incident i SET root_id = execution.root_id
           FROM execution
          WHERE i.id > $1::bigint AND i.id <= $2::bigint AND i.execution_id = execution.id`,
        [from, from + BATCH],
      );
    }
  }

  /**
   * Of several open failures of a pipeline the last one stays open and covers all of them. Failures that an older
   * version has opened since the roots were stored stay unchanged. Reads only open incidents, locked in the order of
   * their ids as the ends lock them.
   */
  private async joinFailures(runner: QueryRunner): Promise<void> {
    await runner.query(`SELECT i.id FROM incident i WHERE i.resolved_at IS NULL ORDER BY i.id FOR NO KEY UPDATE`);
    await runner.query(`UPDATE incident SET notified_at = opened_at WHERE resolved_at IS NULL AND notified_at IS NULL`);
    await runner.query(`
      INSERT INTO incident_failure (execution_id, incident_id, ended_at)
      SELECT i.execution_id,
             first_value(i.id) OVER (PARTITION BY i.pipeline_id ORDER BY i.since DESC, i.execution_id DESC), i.since
        FROM incident i
       WHERE i.kind = 'failure' AND i.resolved_at IS NULL AND i.root_id IS NOT NULL
          ON CONFLICT DO NOTHING`);
    await runner.query(`
      UPDATE incident i
         SET occurrences = joined.failures, opened_at = joined.opened_at
        FROM (SELECT f.incident_id, count(*)::int AS failures, min(own.opened_at) AS opened_at
                FROM incident_failure f
                JOIN incident own ON own.execution_id = f.execution_id AND own.kind = 'failure'
               WHERE own.resolved_at IS NULL
               GROUP BY f.incident_id
              HAVING count(*) > 1) joined
       WHERE i.id = joined.incident_id`);
    await runner.query(`
      UPDATE incident i SET resolved_at = now(), resolution = 'joined'
       WHERE i.kind = 'failure' AND i.resolved_at IS NULL AND i.root_id IS NOT NULL
         AND NOT EXISTS (SELECT FROM incident_failure f WHERE f.incident_id = i.id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await withBriefLock(runner, async () => {
      await runner.query(`DROP INDEX ix_pipeline_execution_pipeline_succeeded_end`);
      await runner.query(
        `DELETE FROM alert WHERE channel NOT IN ('slack', 'webhook') OR event NOT IN ('opened', 'resolved')`,
      );
      await runner.query(`
        ALTER TABLE alert
          DROP COLUMN target,
          DROP COLUMN route,
          ALTER COLUMN event TYPE character varying(8),
          ALTER COLUMN channel TYPE character varying(7)`);
      await runner.query(`DROP TABLE incident_failure`);
      await runner.query(`DROP INDEX uq_incident_open_failure`);
      await runner.query(`
        ALTER TABLE incident
          DROP COLUMN muted_until,
          DROP COLUMN note,
          DROP COLUMN acknowledged_by,
          DROP COLUMN acknowledged_at,
          DROP COLUMN notified_at,
          DROP COLUMN root_id,
          DROP COLUMN occurrences,
          DROP COLUMN severity`);
    });
  }
}

/** Builds an index without blocking writes; rebuilds one that was left unfinished. */
async function buildIndex(runner: QueryRunner, drop: string, create: string): Promise<void> {
  await runner.query(drop);
  await runner.query(create);
}
