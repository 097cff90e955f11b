import {
  Clearable,
  Declared,
  Flag,
  Id,
  Instant,
  Metadata,
  Name,
  Optional,
  QueryFlag,
} from '../../platform/http/fields.js';
import { PageQuery } from '../../platform/http/page.js';
import { PIPELINE_PAIRS } from './threshold-pairs.js';
import { PatchedThresholds, PostedThresholds } from './thresholds.dto.js';
import { Watermark } from './watermark.dto.js';

/** What a pipeline's source code says of it. */
export class RegisterPipelineDto extends PostedThresholds(PIPELINE_PAIRS) {
  /**
   * The pipeline's name, 1 to 255 characters, trimmed. Names compare without case.
   * @example "Customer Data Pipeline"
   */
  @Name()
  name!: string;

  /**
   * The name of its type; the type is created where there is none.
   * @example extraction
   */
  @Name()
  pipeline_type_name!: string;

  /**
   * Anything the pipeline's owner wants to keep with it: a JSON object, at most 256 kB.
   * @example { "owner": "sales", "source": "crm" }
   */
  @Declared()
  @Metadata()
  pipeline_metadata?: Record<string, unknown> | null;

  /**
   * How far the source reaches now; the next execution loads from `watermark` up to here. Kept as text.
   * @example 2026-01-31T00:00:00Z
   */
  @Optional()
  @Watermark()
  next_watermark?: string;

  /**
   * Whether the pipeline should run. Counts when the pipeline is created; later, PATCH changes it.
   * @example true
   */
  @Optional()
  @Flag()
  active?: boolean;

  /**
   * True: freshness is not checked. Counts when the pipeline is created; later, PATCH changes it.
   * @example false
   */
  @Optional()
  @Flag()
  mute_freshness_check?: boolean;

  /**
   * True: timeliness is not checked. Counts when the pipeline is created; later, PATCH changes it.
   * @example false
   */
  @Optional()
  @Flag()
  mute_timeliness_check?: boolean;
}

/** A change by an operator. Only what is in the body changes; null clears a field that can be null. */
export class PatchPipelineDto extends PatchedThresholds(PIPELINE_PAIRS) {
  /**
   * Which pipeline, by id. Without it, `name` says which.
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
   * Which pipeline, by name; together with `id`, its new name.
   * @example "Customer Data Pipeline"
   */
  @Optional()
  @Name()
  name?: string;

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
   * From where the next execution loads; null means from the beginning. Executions that started before this change no
   * longer move it.
   * @example 2026-01-30T00:00:00Z
   */
  @Clearable()
  @Watermark()
  watermark?: string | null;

  /**
   * Up to where the next execution loads; where exactly one runs, that one too.
   * @example 2026-01-31T00:00:00Z
   */
  @Clearable()
  @Watermark()
  next_watermark?: string | null;

  /**
   * Corrects when the last successful execution inserted rows, ISO 8601; a moment ahead of the service's clock counts
   * as now.
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
   * Whether the pipeline should run; callers read it when they register.
   * @example true
   */
  @Optional()
  @Flag()
  active?: boolean;

  /**
   * Whether callers should load lineage.
   * @example true
   */
  @Optional()
  @Flag()
  load_lineage?: boolean;
}

/** Which pipelines, and how paged. */
export class ListPipelinesQuery extends PageQuery {
  /**
   * Only the pipeline of this name (compared without case).
   * @example "Customer Data Pipeline"
   */
  @Optional()
  @Name()
  name?: string;

  /**
   * Only pipelines of this type (compared without case).
   * @example extraction
   */
  @Optional()
  @Name()
  pipeline_type_name?: string;

  /**
   * Only active pipelines, or only inactive ones.
   * @example true
   */
  @Optional()
  @QueryFlag()
  active?: boolean;
}
