import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** The answer that a caller's Idempotency-Key stands for, written in the transaction of what the request did. */
@Entity('idempotency_key')
@Index('ix_idempotency_key_created', ['createdAt'])
export class IdempotencyKeyEntity {
  @PrimaryColumn('varchar', { length: 300, primaryKeyConstraintName: 'pk_idempotency_key' })
  caller!: string;

  @PrimaryColumn('varchar', { length: 255, primaryKeyConstraintName: 'pk_idempotency_key' })
  key!: string;

  /** SHA-256, in hex, of the request's method, path and body. */
  @Column('char', { length: 64 })
  fingerprint!: string;

  @Column('smallint')
  status!: number;

  /** As it was sent: `jsonb` would sort its fields. */
  @Column('json', { nullable: true })
  body!: unknown;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;
}
