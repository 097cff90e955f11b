import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import { LongColumns } from '../../../platform/database/long-columns.js';
import type { IncidentImpact } from '../incidents/incident-impact.service.js';
import type { AlertEvent } from './message/message.js';
import type { Channel } from './route/alert-route.js';

export const ALERT_STATUSES = ['waiting', 'sent', 'failed'] as const;
export type AlertStatus = (typeof ALERT_STATUSES)[number];

/**
 * A message to one target, written in the transaction of the incidents that it reports. Its body is fixed then, so
 * that every attempt sends the same bytes under the same id. It waits until it is sent or has been tried for a day.
 */
@Entity('alert')
@Index('uq_alert_delivery', ['deliveryId'], { unique: true })
@Index('ix_alert_unsent', ['status', 'id'], { where: "status <> 'sent'" })
@Index('ix_alert_channel', ['channel', 'id'])
@Index('ix_alert_incident', { synchronize: false })
export class AlertEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'pk_alert',
  })
  id!: number;

  /** The id by which a receiver recognises a repeat. */
  @Column('uuid', { name: 'delivery_id' })
  deliveryId!: string;

  /** The names of the routes that selected the target, comma-separated. */
  @Column('text', { default: 'default' })
  route!: string;

  /** The name of the target; its address is looked up for each attempt. See {@link targetOf}. */
  @Column('varchar', { length: 100, nullable: true })
  target!: string | null;

  @Column('varchar', { length: 16 })
  channel!: Channel;

  @Column('varchar', { length: 16 })
  event!: AlertEvent;

  @Column('bigint', { name: 'incident_ids', array: true })
  incidentIds!: number[];

  /** JSON: the exact text sent to a webhook and to Slack; for other channels the data of the message. */
  @Column('text')
  body!: string;

  /** What the first incidents affect, read before the first attempt and part of every message; null before. */
  @Column('jsonb', { nullable: true })
  impact!: readonly IncidentImpact[] | null;

  @Column('varchar', { length: 7, default: 'waiting' })
  status!: AlertStatus;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;

  @Column('integer', { default: 0 })
  attempts!: number;

  /** Null if no attempt will follow. */
  @Column({ type: 'timestamptz', name: 'next_attempt_at', precision: 3, nullable: true })
  nextAttemptAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'sent_at', precision: 3, nullable: true })
  sentAt!: Date | null;

  /** The reason why the last attempt failed: a status or an error code, never text from the receiver. */
  @Column('varchar', { name: 'last_error', length: 300, nullable: true })
  lastError!: string | null;
}

/** What a list of alerts reads in two steps. */
export const ALERT_LONG_COLUMNS = new LongColumns('alert', AlertEntity, {
  route: { column: 'route', type: 'text' },
  incidentIds: { column: 'incident_ids', type: 'bigint[]' },
});

/**
 * The name of an alert's target. The version before routes stored none: its two targets are named after their
 * channels.
 */
export function targetOf({ channel, target }: Pick<AlertEntity, 'channel' | 'target'>): string {
  return target ?? channel;
}
