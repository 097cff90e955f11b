import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The API keys. */
export class Access1767484800000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE api_key (
        id character varying(12) NOT NULL,
        name character varying(255) NOT NULL,
        scope character varying(5) NOT NULL,
        key_hash character(64) NOT NULL,
        created_at timestamp(3) with time zone NOT NULL DEFAULT now(),
        last_used_at timestamp(3) with time zone,
        revoked_at timestamp(3) with time zone,
        CONSTRAINT pk_api_key PRIMARY KEY (id),
        CONSTRAINT ck_api_key_scope CHECK (scope IN ('read', 'write', 'admin'))
      )`);
    await runner.query(`CREATE UNIQUE INDEX uq_api_key_name ON api_key (lower(name)) WHERE revoked_at IS NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE api_key`);
  }
}
