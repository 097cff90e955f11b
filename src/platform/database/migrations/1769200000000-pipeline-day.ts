import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What deleted executions add up to, by pipeline and day; and how far the imports from the older service have come, so
 * that an interrupted one continues.
 */
export class PipelineDay1769200000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE pipeline_day (
        pipeline_id bigint NOT NULL,
        day date NOT NULL,
        executions bigint NOT NULL,
        succeeded bigint NOT NULL,
        failed bigint NOT NULL,
        aborted bigint NOT NULL,
        skipped bigint NOT NULL,
        lost bigint NOT NULL,
        total_rows numeric NOT NULL,
        inserts numeric NOT NULL,
        updates numeric NOT NULL,
        soft_deletes numeric NOT NULL,
        seconds numeric NOT NULL,
        max_seconds numeric NOT NULL,
        ln_seconds double precision NOT NULL,
        ln_seconds_squared double precision NOT NULL,
        rows_reported bigint NOT NULL,
        ln_rows double precision NOT NULL,
        ln_rows_squared double precision NOT NULL,
        CONSTRAINT pk_pipeline_day PRIMARY KEY (pipeline_id, day),
        CONSTRAINT fk_pipeline_day_pipeline FOREIGN KEY (pipeline_id) REFERENCES pipeline (id) ON DELETE CASCADE)`);
    await runner.query(`CREATE INDEX ix_pipeline_day_day ON pipeline_day (day)`);
    await runner.query(`
      CREATE TABLE python_import (
        source text NOT NULL,
        first_id bigint NOT NULL,
        last_id bigint NOT NULL,
        shift bigint NOT NULL,
        imported_to bigint NOT NULL,
        CONSTRAINT pk_python_import PRIMARY KEY (source, first_id))`);
    await runner.query(`
      CREATE TABLE python_import_pipeline (
        source text NOT NULL,
        source_id bigint NOT NULL,
        pipeline_id bigint NOT NULL,
        CONSTRAINT pk_python_import_pipeline PRIMARY KEY (source, source_id),
        CONSTRAINT uq_python_import_pipeline UNIQUE (source, pipeline_id),
        CONSTRAINT fk_python_import_pipeline_pipeline FOREIGN KEY (pipeline_id) REFERENCES pipeline (id) ON DELETE CASCADE)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE python_import_pipeline`);
    await runner.query(`DROP TABLE python_import`);
    await runner.query(`DROP TABLE pipeline_day`);
  }
}
