import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * One open failure incident for each pipeline, with all failures that joined it; severity, acknowledgement and muting of
 * incidents; routes of alerts.
 *
 * `watcher_last_success` is a function because a sharded table takes no LATERAL with a limit.
 */
export class IncidentLife1767747500000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await this.findSuccesses(runner);
    await this.extendIncidents(runner);
    await this.joinFailures(runner);
    await this.routeAlerts(runner);
  }

  private async findSuccesses(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX ix_pipeline_execution_pipeline_succeeded_end ON pipeline_execution (pipeline_id, end_date)
       WHERE completed_successfully = true`);
    await runner.query(`
      CREATE FUNCTION watcher_last_success(pipelines bigint[])
      RETURNS TABLE (pipeline_id bigint, end_date timestamp with time zone)
      LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
      BEGIN
        FOREACH pipeline_id IN ARRAY pipelines LOOP
          SELECT max(e.end_date) INTO end_date
            FROM pipeline_execution e
           WHERE e.pipeline_id = watcher_last_success.pipeline_id AND e.completed_successfully = true;
          RETURN NEXT;
        END LOOP;
      END $$`);
  }

  private async extendIncidents(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE incident
        ADD COLUMN severity character varying(8) NOT NULL DEFAULT 'critical',
        ADD COLUMN occurrences integer NOT NULL DEFAULT 1,
        ADD COLUMN root_id bigint,
        ADD COLUMN notified_at timestamp(3) with time zone,
        ADD COLUMN acknowledged_at timestamp(3) with time zone,
        ADD COLUMN acknowledged_by character varying(255),
        ADD COLUMN note text,
        ADD COLUMN muted_until timestamp(3) with time zone`);
    await runner.query(`UPDATE incident SET notified_at = opened_at`);
    await runner.query(`
      UPDATE incident i SET root_id = e.root_id FROM pipeline_execution e WHERE e.id = i.execution_id`);
    await runner.query(`CREATE INDEX ix_incident_root ON incident (root_id, id) WHERE root_id IS NOT NULL`);
    await runner.query(`
      CREATE TABLE incident_failure (
        execution_id bigint NOT NULL,
        incident_id bigint NOT NULL,
        ended_at timestamp(3) with time zone NOT NULL,
        CONSTRAINT pk_incident_failure PRIMARY KEY (execution_id)
      )`);
    await runner.query(`CREATE INDEX ix_incident_failure_incident ON incident_failure (incident_id, ended_at)`);
  }

  /** Of several open failures of a pipeline the last one stays open and covers all of them. */
  private async joinFailures(runner: QueryRunner): Promise<void> {
    await runner.query(`
      INSERT INTO incident_failure (execution_id, incident_id, ended_at)
      SELECT i.execution_id,
             first_value(i.id) OVER (PARTITION BY i.pipeline_id, coalesce(i.resolved_at, 'infinity'),
                                                  CASE WHEN i.resolved_at IS NULL THEN 0 ELSE i.id END
                                         ORDER BY i.since DESC, i.execution_id DESC),
             i.since
        FROM incident i
       WHERE i.kind = 'failure'
          ON CONFLICT DO NOTHING`);
    await runner.query(`
      UPDATE incident i
         SET occurrences = joined.failures, opened_at = joined.opened_at
        FROM (SELECT f.incident_id, count(*)::int AS failures, min(own.opened_at) AS opened_at
                FROM incident_failure f
                JOIN incident own ON own.execution_id = f.execution_id AND own.kind = 'failure'
               GROUP BY f.incident_id) joined
       WHERE i.id = joined.incident_id AND i.resolved_at IS NULL`);
    await runner.query(`
      UPDATE incident i SET resolved_at = now(), resolution = 'joined'
       WHERE i.kind = 'failure' AND i.resolved_at IS NULL
         AND NOT EXISTS (SELECT FROM incident_failure f WHERE f.incident_id = i.id)`);
    await runner.query(`
      CREATE UNIQUE INDEX uq_incident_open_failure ON incident (pipeline_id)
       WHERE kind = 'failure' AND resolved_at IS NULL`);
  }

  private async routeAlerts(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE alert
        ALTER COLUMN channel TYPE character varying(16),
        ALTER COLUMN event TYPE character varying(16),
        ADD COLUMN route text NOT NULL DEFAULT 'default',
        ADD COLUMN target character varying(100)`);
    await runner.query(`UPDATE alert SET target = channel`);
    await runner.query(`ALTER TABLE alert ALTER COLUMN route DROP DEFAULT, ALTER COLUMN target SET NOT NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
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
    await runner.query(`DROP FUNCTION watcher_last_success(bigint[])`);
    await runner.query(`DROP INDEX ix_pipeline_execution_pipeline_succeeded_end`);
  }
}
