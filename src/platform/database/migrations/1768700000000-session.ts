import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The sessions of people in a browser. */
export class Session1768700000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE session (
        token_hash character(64) NOT NULL,
        caller character varying(300) NOT NULL,
        name character varying(255) NOT NULL,
        scope character varying(5) NOT NULL,
        key_id character varying(12),
        admin_key_proof character(64),
        created_at timestamp(3) with time zone NOT NULL,
        expires_at timestamp(3) with time zone NOT NULL,
        CONSTRAINT pk_session PRIMARY KEY (token_hash),
        CONSTRAINT ck_session_scope CHECK (scope IN ('read', 'write', 'admin')),
        CONSTRAINT ck_session_key CHECK ((key_id IS NULL) <> (admin_key_proof IS NULL))
      )`);
    await runner.query(`CREATE INDEX ix_session_expires ON session (expires_at)`);
    await runner.query(`CREATE INDEX ix_session_caller ON session (caller, created_at)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE session`);
  }
}
