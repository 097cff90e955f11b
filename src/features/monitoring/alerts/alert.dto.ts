import { ApiProperty } from '@nestjs/swagger';
import { Id, ID, INSTANT, Name, OneOf, Optional } from '../../../platform/http/fields.js';
import { PageQuery } from '../../../platform/http/page.js';
import { type Kind, KINDS, SEVERITIES, type Severity } from '../incidents/incident.entity.js';
import { ALERT_STATUSES, type AlertStatus } from './alert.entity.js';
import { type AlertEvent, EVENTS } from './message/message.js';
import { type Channel, CHANNELS } from './route/alert-route.js';

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

/** A message to one target: sent, waiting, or given up. */
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
   * The route that it took, or the routes, comma-separated; `default` is the one to the URLs of the environment.
   * @example payments
   */
  route!: string;

  /**
   * The target within the route: the name that it has there, or one made of its channel and a hash.
   * @example slack-0a1b2c3d4e5f
   */
  target!: string;

  /**
   * `opened` and `resolved`: its incidents were. `reminder`: they are still open. `test`: sent by `POST /alert/test`.
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
   * `waiting` until a receiver takes it, then `sent`; `failed` when none did for 24 hours, when its target was taken
   * out of the configuration, or when it is a test.
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

/** Whose alerts are tested; one of `pipeline_id` and `pipeline_name` is needed. */
export class TestAlertDto {
  /**
   * The pipeline, by id.
   * @example 1
   */
  @Optional()
  @Id()
  pipeline_id?: number;

  /**
   * The pipeline, by name.
   * @example "Customer Data Pipeline"
   */
  @Optional()
  @Name()
  pipeline_name?: string;

  /**
   * The kind of incident that the routes are asked for; `failure` by default.
   * @example failure
   */
  @Optional()
  @OneOf(KINDS, 'IncidentKind')
  kind?: Kind;

  /**
   * The severity that the routes are asked for; by default that of the kind.
   * @example critical
   */
  @Optional()
  @OneOf(SEVERITIES, 'IncidentSeverity')
  severity?: Severity;
}

/** Where a test went, and how it went. */
export class AlertTestDto {
  /**
   * The routes that it took, in their order; empty where none fits.
   * @example ["payments"]
   */
  routes!: string[];

  /** One alert for each target of these routes: `sent`, `failed` with its `last_error`, or still `waiting`. */
  alerts!: AlertDto[];
}
