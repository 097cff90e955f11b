import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The stored answers of Idempotency-Keys. */
export class Idempotency1767571200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE idempotency_key (
        caller character varying(300) NOT NULL,
        key character varying(255) NOT NULL,
        fingerprint character(64) NOT NULL,
        status smallint NOT NULL,
        body json,
        created_at timestamp(3) with time zone NOT NULL,
        CONSTRAINT pk_idempotency_key PRIMARY KEY (caller, key)
      )`);
    await runner.query(`CREATE INDEX ix_idempotency_key_created ON idempotency_key (created_at)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE idempotency_key`);
  }
}
