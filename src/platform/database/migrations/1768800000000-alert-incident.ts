import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The index by which the alerts of an incident are found. */
export class AlertIncident1768800000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE INDEX ix_alert_incident ON alert USING gin (incident_ids)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX ix_alert_incident`);
  }
}
