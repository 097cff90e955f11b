import { Check, Column, CreateDateColumn, Entity, Index, PrimaryColumn } from 'typeorm';
import type { Scope } from './caller.js';

/** A key that callers show. Only its hash is kept: who reads this table can't use it to get in. */
@Entity('api_key')
@Index('uq_api_key_name', ['nameKey'], { unique: true, where: 'revoked_at IS NULL' })
@Check('ck_api_key_scope', "scope IN ('read', 'write', 'admin')")
export class ApiKeyEntity {
  /** The part of the key that names it; no secret. */
  @PrimaryColumn('varchar', { length: 12, primaryKeyConstraintName: 'pk_api_key' })
  id!: string;

  /** Who uses it; unique without case among the keys that are not revoked. */
  @Column('varchar', { length: 255 })
  name!: string;

  /** What makes two names the same, see `nameKey`; by it rows are found. */
  @Column('text', { name: 'name_key', select: false })
  nameKey!: string;

  @Column('varchar', { length: 5 })
  scope!: Scope;

  /** SHA-256, in hex, of the whole key; enough for a key of 256 random bits, which nobody guesses. */
  @Column('char', { name: 'key_hash', length: 64 })
  keyHash!: string;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', precision: 3, default: () => 'now()' })
  createdAt!: Date;

  /** To the hour, see `ApiKeyService`. */
  @Column({ name: 'last_used_at', type: 'timestamptz', precision: 3, nullable: true })
  lastUsedAt!: Date | null;

  @Column({ name: 'revoked_at', type: 'timestamptz', precision: 3, nullable: true })
  revokedAt!: Date | null;
}
