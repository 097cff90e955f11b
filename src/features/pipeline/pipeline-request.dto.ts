import {
  Clearable,
  Declared,
  Flag,
  Id,
  Instant,
  Metadata,
  Name,
  Namespace,
  Optional,
} from '../../platform/http/fields.js';
import { ScheduleExpression, TimeZone } from './schedule.fields.js';
import { PIPELINE_PAIRS } from './threshold-pairs.js';
import { PatchedThresholds, PostedThresholds } from './thresholds.dto.js';
import { Watermark } from './watermark.dto.js';

/** The registration that a pipeline's source code sends. */
export class RegisterPipelineDto extends PostedThresholds(PIPELINE_PAIRS) {
  /**
   * The pipeline's name, 1 to 255 characters, trimmed. Names are case-insensitive, and unique in a namespace.
   * @example "Customer Data Pipeline"
   */
  @Name()
  name!: string;

  /**
   * The namespace of the name; empty by default. Case-insensitive.
   * @example ""
   */
  @Optional()
  @Namespace()
  namespace?: string;

  /**
   * The name of its type; the type is created if it does not exist.
   * @example extraction
   */
  @Name()
  pipeline_type_name!: string;

  /**
   * Any data that the owner keeps with the pipeline: a JSON object, at most 256 kB.
   * @example { "owner": "sales", "source": "crm" }
   */
  @Declared()
  @Metadata()
  pipeline_metadata?: Record<string, unknown> | null;

  /**
   * The current end of the source data: the next execution loads from `watermark` to here. Stored as text.
   * @example 2026-01-31T00:00:00Z
   */
  @Optional()
  @Watermark()
  next_watermark?: string;

  /**
   * When runs are expected to start: a cron expression of five fields (minute, hour, day of the month, month, weekday),
   * or `@hourly`, `@daily`, `@weekly`, `@monthly`. Without a run, an incident of kind `missed` opens.
   * @example "30 2 * * *"
   */
  @Declared()
  @ScheduleExpression()
  schedule?: string | null;

  /**
   * The IANA time zone of the schedule. Defaults to UTC.
   * @example Europe/Berlin
   */
  @Declared()
  @TimeZone()
  schedule_timezone?: string | null;

  /**
   * Whether the pipeline should run. Used only when the pipeline is created; afterwards, PATCH changes it.
   * @example true
   */
  @Optional()
  @Flag()
  active?: boolean;

  /**
   * If true, freshness is not checked. Used only when the pipeline is created; afterwards, PATCH changes it.
   * @example false
   */
  @Optional()
  @Flag()
  mute_freshness_check?: boolean;

  /**
   * If true, timeliness is not checked. Used only when the pipeline is created; afterwards, PATCH changes it.
   * @example false
   */
  @Optional()
  @Flag()
  mute_timeliness_check?: boolean;

  /**
   * If true, the schedule is not checked. Used only when the pipeline is created; afterwards, PATCH changes it.
   * @example false
   */
  @Optional()
  @Flag()
  mute_schedule_check?: boolean;

  /**
   * If true, runs are not compared with the usual ones. Used only when the pipeline is created; afterwards, PATCH changes it.
   * @example false
   */
  @Optional()
  @Flag()
  mute_anomaly_check?: boolean;
}

/** A change by an operator. Only fields in the body change; null clears a nullable field. */
export class PatchPipelineDto extends PatchedThresholds(PIPELINE_PAIRS) {
  /**
   * The pipeline's id. Without it, `name` selects the pipeline.
   * @example 1
   */
  @Optional()
  @Id()
  id?: number;

  /**
   * The same as `id`.
   * @example 1
   */
  @Optional()
  @Id()
  pipeline_id?: number;

  /**
   * The pipeline's name; together with `id`, its new name.
   * @example "Customer Data Pipeline"
   */
  @Optional()
  @Name()
  name?: string;

  /**
   * The namespace of the name by which the pipeline is selected; empty by default. It can't be changed: together with
   * `id`, it must be the pipeline's own.
   * @example ""
   */
  @Optional()
  @Namespace()
  namespace?: string;

  /**
   * The id of its type.
   * @example 1
   */
  @Optional()
  @Id()
  pipeline_type_id?: number;

  /**
   * Replaces the whole metadata object; null clears it.
   * @example { "owner": "sales" }
   */
  @Clearable()
  @Metadata()
  pipeline_metadata?: Record<string, unknown> | null;

  /**
   * The position from which the next execution loads; null: from the beginning. Executions that started before this
   * change no longer move it.
   * @example 2026-01-30T00:00:00Z
   */
  @Clearable()
  @Watermark()
  watermark?: string | null;

  /**
   * The position up to which the next execution loads. If exactly one execution is running, its own value changes too.
   * @example 2026-01-31T00:00:00Z
   */
  @Clearable()
  @Watermark()
  next_watermark?: string | null;

  /**
   * Corrects the time at which a successful execution last inserted rows, ISO 8601. A time ahead of the service's clock
   * is stored as now.
   * @example 2026-01-31T02:10:00Z
   */
  @Clearable()
  @Instant()
  last_target_insert?: Date | null;

  /**
   * The same for updated rows.
   * @example 2026-01-31T02:10:00Z
   */
  @Clearable()
  @Instant()
  last_target_update?: Date | null;

  /**
   * The same for soft-deleted rows.
   * @example 2026-01-31T02:10:00Z
   */
  @Clearable()
  @Instant()
  last_target_soft_delete?: Date | null;

  /**
   * When runs are expected to start, as in a registration.
   * @example "30 2 * * *"
   */
  @Clearable()
  @ScheduleExpression()
  schedule?: string | null;

  /**
   * The IANA time zone of the schedule; null: UTC.
   * @example Europe/Berlin
   */
  @Clearable()
  @TimeZone()
  schedule_timezone?: string | null;

  /**
   * If true, the schedule is not checked.
   * @example false
   */
  @Optional()
  @Flag()
  mute_schedule_check?: boolean;

  /**
   * Whether the pipeline should run; callers read it when they register.
   * @example true
   */
  @Optional()
  @Flag()
  active?: boolean;

  /**
   * If true, the pipeline is neither listed nor checked. It can still be read by id, registered and run.
   * @example false
   */
  @Optional()
  @Flag()
  archived?: boolean;

  /**
   * Whether callers should load lineage.
   * @example true
   */
  @Optional()
  @Flag()
  load_lineage?: boolean;
}
