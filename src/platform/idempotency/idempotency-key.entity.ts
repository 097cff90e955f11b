import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** The stored answer for a caller's Idempotency-Key, written in the transaction of the request's effects. */
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

  /** Text exactly as sent: `jsonb` would reorder its fields. */
  @Column('json', { nullable: true })
  body!: unknown;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;
}
