import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * The last heartbeat of a running execution. No column but the key is indexed, so that PostgreSQL updates the row in
 * place (HOT). The check of lost executions deletes the rows of ended ones.
 */
@Entity('execution_heartbeat')
export class HeartbeatEntity {
  @PrimaryColumn('bigint', { name: 'execution_id', primaryKeyConstraintName: 'pk_execution_heartbeat' })
  executionId!: number;

  /** When it was received, by the clock of the service. */
  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date;

  /** How far the execution is, in the unit of its author. */
  @Column('double precision', { nullable: true })
  progress!: number | null;

  @Column('text', { nullable: true })
  message!: string | null;

  /** The last times between heartbeats, in seconds, newest first. */
  @Column('real', { array: true, default: [] })
  gaps!: number[];
}

/** Since when the service has listened to heartbeats without a break, as of its last check. One row. */
@Entity('heartbeat_watch')
export class HeartbeatWatchEntity {
  @PrimaryColumn('boolean', { default: true, primaryKeyConstraintName: 'pk_heartbeat_watch' })
  id!: boolean;

  @Column({ type: 'timestamptz', name: 'checked_at', precision: 3 })
  checkedAt!: Date;

  /** Null: no break is known. */
  @Column({ type: 'timestamptz', name: 'listening_since', precision: 3, nullable: true })
  listeningSince!: Date | null;
}
