import { ApiProperty } from '@nestjs/swagger';
import { Id, ID, INSTANT, Name, Namespace, OneOf, Optional, QueryId } from '../../../platform/http/fields.js';
import { PageQuery } from '../../../platform/http/page.js';
import { type Kind, KINDS, SEVERITIES, type Severity } from '../incidents/incident.entity.js';
import { ALERT_STATUSES, type AlertStatus } from './alert.entity.js';
import { type AlertEvent, EVENTS } from './message/message.js';
import { type Channel, CHANNELS } from './route/alert-route.js';

/** Filters and paging for alerts. */
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

  /**
   * Only alerts that name this incident.
   * @example 3
   */
  @Optional()
  @QueryId()
  incident_id?: number;
}

/** A message to one target: sent, waiting, or given up. */
export class AlertDto {
  /**
   * The id of the alert.
   * @example 7
   */
  @ApiProperty(ID)
  id!: number;

  /**
   * The `Watcher-Delivery` header of the message, the same at every attempt.
   * @example 0199b1c2-7d3e-4f4a-9b5c-6d7e8f901234
   */
  @ApiProperty({ type: 'string', format: 'uuid' })
  delivery_id!: string;

  /**
   * The kind of channel that receives the message.
   * @example slack
   */
  @ApiProperty({ enum: CHANNELS, enumName: 'AlertChannel' })
  channel!: Channel;

  /**
   * The route that selected the target, or several routes, comma-separated; `default` is the route to the URLs of the
   * environment.
   * @example payments
   */
  route!: string;

  /**
   * The target within the route: its configured name, or one made of its channel and a hash.
   * @example slack-0a1b2c3d4e5f
   */
  target!: string;

  /**
   * `opened` and `resolved`: the incidents were opened or resolved. `escalated`: warnings became critical. `reminder`:
   * they are still open. `test`: sent by `POST /alert/test`.
   * @example opened
   */
  @ApiProperty({ enum: EVENTS, enumName: 'AlertEvent' })
  event!: AlertEvent;

  /**
   * The ids of the incidents that the message reports.
   * @example [12]
   */
  @ApiProperty({ type: 'array', items: ID })
  incident_ids!: number[];

  /**
   * `waiting` until a receiver accepts it, then `sent`; `failed` if none did for 24 hours, if its target was removed
   * from the configuration, or if a test was not accepted.
   * @example sent
   */
  @ApiProperty({ enum: ALERT_STATUSES, enumName: 'AlertStatus' })
  status!: AlertStatus;

  /**
   * The number of attempts.
   * @example 1
   */
  @ApiProperty({ type: 'integer', format: 'int32', minimum: 0 })
  attempts!: number;

  /**
   * The reason why the last attempt failed; null if there was none, or if it was sent.
   * @example "the receiver answered 429"
   */
  last_error!: string | null;

  /**
   * The time when it was written (UTC).
   * @example 2026-01-31T02:30:12.000Z
   */
  @ApiProperty(INSTANT)
  created_at!: string;

  /**
   * The time of the next attempt (UTC); null if it is sent or given up.
   * @example 2026-01-31T02:40:00.000Z
   */
  @ApiProperty({ ...INSTANT, nullable: true })
  next_attempt_at!: string | null;

  /**
   * The time when a receiver accepted it (UTC).
   * @example 2026-01-31T02:30:13.000Z
   */
  @ApiProperty({ ...INSTANT, nullable: true })
  sent_at!: string | null;
}

/** The pipeline whose alerts are tested; one of `pipeline_id` and `pipeline_name` is required. */
export class TestAlertDto {
  /**
   * The id of the pipeline.
   * @example 1
   */
  @Optional()
  @Id()
  pipeline_id?: number;

  /**
   * The name of the pipeline.
   * @example "Customer Data Pipeline"
   */
  @Optional()
  @Name()
  pipeline_name?: string;

  /**
   * The namespace of `pipeline_name`; empty by default.
   * @example ""
   */
  @Optional()
  @Namespace()
  pipeline_namespace?: string;

  /**
   * The kind of incident for which the routes are matched; `failure` by default.
   * @example failure
   */
  @Optional()
  @OneOf(KINDS, 'IncidentKind')
  kind?: Kind;

  /**
   * The severity for which the routes are matched; by default that of the kind.
   * @example critical
   */
  @Optional()
  @OneOf(SEVERITIES, 'IncidentSeverity')
  severity?: Severity;
}

/** The routes and results of a test. */
export class AlertTestDto {
  /**
   * The matching routes, in their order; empty if none matches.
   * @example ["payments"]
   */
  routes!: string[];

  /** One alert for each target of these routes: `sent`, `failed` with its `last_error`, or still `waiting`. */
  alerts!: AlertDto[];
}
