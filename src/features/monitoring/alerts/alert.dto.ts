import { ApiProperty } from '@nestjs/swagger';
import { ID, INSTANT, OneOf, Optional } from '../../../platform/http/fields.js';
import { PageQuery } from '../../../platform/http/page.js';
import { ALERT_STATUSES, type AlertEvent, type AlertStatus, type Channel, CHANNELS, EVENTS } from './alert.entity.js';

/** Which alerts, and how paged. */
export class ListAlertsQuery extends PageQuery {
  /**
   * Only alerts in this state.
   * @example waiting
   */
  @Optional()
  @OneOf(ALERT_STATUSES, 'AlertStatus')
  status?: AlertStatus;

  /**
   * Only alerts to this channel.
   * @example slack
   */
  @Optional()
  @OneOf(CHANNELS, 'AlertChannel')
  channel?: Channel;
}

/** A message to one channel: sent, waiting, or given up. */
export class AlertDto {
  /**
   * Its id.
   * @example 7
   */
  @ApiProperty(ID)
  id!: number;

  /**
   * The `Watcher-Delivery` that it is sent with, the same at every attempt.
   * @example 0199b1c2-7d3e-4f4a-9b5c-6d7e8f901234
   */
  @ApiProperty({ type: 'string', format: 'uuid' })
  delivery_id!: string;

  /**
   * Where it goes.
   * @example slack
   */
  @ApiProperty({ enum: CHANNELS, enumName: 'AlertChannel' })
  channel!: Channel;

  /**
   * Whether its incidents were opened or resolved.
   * @example opened
   */
  @ApiProperty({ enum: EVENTS, enumName: 'AlertEvent' })
  event!: AlertEvent;

  /**
   * The incidents that it tells of.
   * @example [12]
   */
  @ApiProperty({ type: 'array', items: ID })
  incident_ids!: number[];

  /**
   * `waiting` until a receiver takes it, then `sent`; `failed` when none did for 24 hours.
   * @example sent
   */
  @ApiProperty({ enum: ALERT_STATUSES, enumName: 'AlertStatus' })
  status!: AlertStatus;

  /**
   * How often it was tried.
   * @example 1
   */
  @ApiProperty({ type: 'integer', format: 'int32', minimum: 0 })
  attempts!: number;

  /**
   * Why the last attempt failed; null when none did, or when it was sent.
   * @example "the receiver answered 429"
   */
  last_error!: string | null;

  /**
   * When it was written (UTC).
   * @example 2026-01-31T02:30:12.000Z
   */
  @ApiProperty(INSTANT)
  created_at!: string;

  /**
   * When it is tried next (UTC); null when it is sent or given up.
   * @example 2026-01-31T02:40:00.000Z
   */
  @ApiProperty({ ...INSTANT, nullable: true })
  next_attempt_at!: string | null;

  /**
   * When a receiver took it (UTC).
   * @example 2026-01-31T02:30:13.000Z
   */
  @ApiProperty({ ...INSTANT, nullable: true })
  sent_at!: string | null;
}
