import { Check, Column, CreateDateColumn, Entity, Index, PrimaryColumn } from 'typeorm';
import type { Scope } from './caller.js';

/** A key of a caller. The table has its hash alone, so a reader of the table cannot use the key. */
@Entity('api_key')
@Index('uq_api_key_name', ['nameKey'], { unique: true, where: 'revoked_at IS NULL' })
@Check('ck_api_key_scope', "scope IN ('read', 'write', 'admin')")
export class ApiKeyEntity {
  /** The part of the key that identifies it; not secret. */
  @PrimaryColumn('varchar', { length: 12, primaryKeyConstraintName: 'pk_api_key' })
  id!: string;

  /** The name of its user; unique without case among the keys that are not revoked. */
  @Column('varchar', { length: 255 })
  name!: string;

  /** The form by which names compare (see `nameKey`); lookups use it. */
  @Column('text', { name: 'name_key', select: false })
  nameKey!: string;

  @Column('varchar', { length: 5 })
  scope!: Scope;

  /** SHA-256, in hex, of the whole key. A fast hash is enough for 256 random bits. */
  @Column('char', { name: 'key_hash', length: 64 })
  keyHash!: string;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', precision: 3, default: () => 'now()' })
  createdAt!: Date;

  /** Precise to the hour (see `ApiKeyService`). */
  @Column({ name: 'last_used_at', type: 'timestamptz', precision: 3, nullable: true })
  lastUsedAt!: Date | null;

  @Column({ name: 'revoked_at', type: 'timestamptz', precision: 3, nullable: true })
  revokedAt!: Date | null;
}
