import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { Scope } from './caller.js';

/**
 * A session: a key that was shown once, for a browser that keeps a token in its place. The table has the hash of the
 * token alone, so a reader of the table cannot use the session.
 */
@Entity('session')
@Index('ix_session_expires', ['expiresAt'])
@Index('ix_session_caller', ['caller', 'createdAt'])
@Check('ck_session_scope', "scope IN ('read', 'write', 'admin')")
@Check('ck_session_key', '(key_id IS NULL) <> (admin_key_proof IS NULL)')
export class SessionEntity {
  /** SHA-256, in hex, of a token of 256 random bits. */
  @PrimaryColumn('char', { name: 'token_hash', length: 64, primaryKeyConstraintName: 'pk_session' })
  tokenHash!: string;

  /** The id of the caller of the key: with the key or in a session, it is the same caller. */
  @Column('varchar', { length: 300 })
  caller!: string;

  @Column('varchar', { length: 255 })
  name!: string;

  @Column('varchar', { length: 5 })
  scope!: Scope;

  /** The key in the database with which the session began, and with which it ends; else null. */
  @Column('varchar', { name: 'key_id', length: 12, nullable: true })
  keyId!: string | null;

  /**
   * For WATCHER_ADMIN_KEY: its HMAC-SHA256, in hex, by the token of the session. It shows that the key is still the
   * same, and lets nobody who reads the table try keys out, because the token is not in it.
   */
  @Column('char', { name: 'admin_key_proof', length: 64, nullable: true })
  adminKeyProof!: string | null;

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3 })
  createdAt!: Date;

  @Column({ name: 'expires_at', type: 'timestamptz', precision: 3 })
  expiresAt!: Date;
}
