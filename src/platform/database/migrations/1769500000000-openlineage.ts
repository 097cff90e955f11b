import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The runs and the jobs of OpenLineage: what was heard of each, from which its execution or pipeline is derived. */
export class OpenLineage1769500000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // Room in each page, so that a row that is updated stays where it is and no index is written.
    await runner.query(`
      CREATE TABLE openlineage_run (
        run_id uuid NOT NULL,
        execution_id bigint NOT NULL,
        pipeline_id bigint NOT NULL,
        named_first timestamp(6) with time zone,
        seen_first timestamp(6) with time zone,
        start_first timestamp(6) with time zone,
        start_last timestamp(6) with time zone,
        running_last timestamp(6) with time zone,
        complete_last timestamp(6) with time zone,
        abort_last timestamp(6) with time zone,
        fail_last timestamp(6) with time zone,
        parent_run_id uuid,
        parent_at timestamp(6) with time zone,
        parent_refused boolean NOT NULL DEFAULT false,
        attempt smallint,
        map_index integer,
        facts jsonb NOT NULL,
        CONSTRAINT pk_openlineage_run PRIMARY KEY (run_id)) WITH (fillfactor = 70)`);
    await runner.query(`
      CREATE INDEX ix_openlineage_run_parent ON openlineage_run (parent_run_id, pipeline_id)
       WHERE parent_run_id IS NOT NULL`);
    await runner.query(`CREATE INDEX ix_openlineage_run_execution ON openlineage_run (execution_id)`);
    await runner.query(`CREATE INDEX ix_openlineage_run_refused ON openlineage_run (run_id) WHERE parent_refused`);
    await runner.query(`
      CREATE TABLE openlineage_job (
        pipeline_id bigint NOT NULL,
        facts jsonb NOT NULL,
        CONSTRAINT pk_openlineage_job PRIMARY KEY (pipeline_id),
        CONSTRAINT fk_openlineage_job_pipeline FOREIGN KEY (pipeline_id) REFERENCES pipeline (id) ON DELETE CASCADE)
        WITH (fillfactor = 70)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE openlineage_job, openlineage_run`);
  }
}
