import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import { LongColumns } from '../../../platform/database/long-columns.js';

export const CHANNELS = ['slack', 'webhook'] as const;
export type Channel = (typeof CHANNELS)[number];

export const EVENTS = ['opened', 'resolved'] as const;
export type AlertEvent = (typeof EVENTS)[number];

export const ALERT_STATUSES = ['waiting', 'sent', 'failed'] as const;
export type AlertStatus = (typeof ALERT_STATUSES)[number];

/**
 * A message to one channel, written in the transaction of the incidents that it tells of. Its body is fixed then, so
 * that every attempt sends the same bytes under the same id. Waits until it was sent or has been tried for a day.
 */
@Entity('alert')
@Index('uq_alert_delivery', ['deliveryId'], { unique: true })
@Index('ix_alert_unsent', ['status', 'id'], { where: "status <> 'sent'" })
@Index('ix_alert_channel', ['channel', 'id'])
export class AlertEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'pk_alert',
  })
  id!: number;

  /** What a receiver knows a repeat by. */
  @Column('uuid', { name: 'delivery_id' })
  deliveryId!: string;

  @Column('varchar', { length: 7 })
  channel!: Channel;

  @Column('varchar', { length: 8 })
  event!: AlertEvent;

  @Column('bigint', { name: 'incident_ids', array: true })
  incidentIds!: number[];

  /** JSON, as it is sent. */
  @Column('text')
  body!: string;

  @Column('varchar', { length: 7, default: 'waiting' })
  status!: AlertStatus;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;

  @Column('integer', { default: 0 })
  attempts!: number;

  /** Null when there is none to come. */
  @Column({ type: 'timestamptz', name: 'next_attempt_at', precision: 3, nullable: true })
  nextAttemptAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'sent_at', precision: 3, nullable: true })
  sentAt!: Date | null;

  /** Why the last attempt failed: a status or an error's code, nothing of what the receiver said. */
  @Column('varchar', { name: 'last_error', length: 300, nullable: true })
  lastError!: string | null;
}

/** What a list of alerts reads in two steps. */
export const ALERT_LONG_COLUMNS = new LongColumns('alert', AlertEntity, {
  incidentIds: { column: 'incident_ids', type: 'bigint[]' },
});
