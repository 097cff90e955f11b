import { ApiProperty } from '@nestjs/swagger';
import {
  Clearable,
  Declared,
  Flag,
  HASH,
  Id,
  ID,
  Instant,
  INSTANT,
  Metadata,
  METADATA,
  Name,
  NAME,
  Optional,
  QueryFlag,
  VERSION,
} from '../../platform/http/fields.js';
import { PageQuery } from '../../platform/http/page.js';
import { PIPELINE_PAIRS } from './threshold-pairs.js';
import { CheckedThresholds, PatchedThresholds, PostedThresholds, Thresholds } from './thresholds.dto.js';
import { Watermark, WATERMARK } from './watermark.dto.js';

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

/** What a pipeline needs to know to go on: whether to run at all, and from where to load. */
export class RegisteredPipelineDto {
  /**
   * The pipeline's id.
   * @example 1
   */
  @ApiProperty(ID)
  id!: number;

  /**
   * Whether the pipeline should run. Information for the caller: nothing refuses an execution of an inactive pipeline.
   * @example true
   */
  @ApiProperty()
  active!: boolean;

  /**
   * Whether the caller should load lineage: true at first, after a change of the configuration by code and after a
   * PATCH to true; false after a successful end.
   * @example true
   */
  @ApiProperty()
  load_lineage!: boolean;

  /**
   * From where to load: the `next_watermark` of the last successful execution. Null before the first.
   * @example 2026-01-30T00:00:00Z
   */
  @ApiProperty(WATERMARK)
  watermark!: string | null;
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

/** A pipeline, whole. Where it has no threshold of its own, its type's holds. */
export class PipelineDto extends CheckedThresholds(PIPELINE_PAIRS) {
  /**
   * Its id.
   * @example 1
   */
  @ApiProperty(ID)
  id!: number;

  /**
   * Its name, in the case it was first given.
   * @example "Customer Data Pipeline"
   */
  @ApiProperty(NAME)
  name!: string;

  /**
   * The id of its type.
   * @example 1
   */
  @ApiProperty(ID)
  pipeline_type_id!: number;

  /**
   * The name of its type.
   * @example extraction
   */
  @ApiProperty(NAME)
  pipeline_type_name!: string;

  /**
   * From where to load: the `next_watermark` of the successful execution that started last.
   * @example 2026-01-30T00:00:00Z
   */
  @ApiProperty(WATERMARK)
  watermark!: string | null;

  /**
   * Up to where to load, as the caller last said.
   * @example 2026-01-31T00:00:00Z
   */
  @ApiProperty(WATERMARK)
  next_watermark!: string | null;

  /**
   * What the owner keeps with it.
   * @example { "owner": "sales", "source": "crm" }
   */
  @ApiProperty(METADATA)
  pipeline_metadata!: Record<string, unknown> | null;

  /**
   * The end of the last successful execution that inserted rows (UTC).
   * @example 2026-01-31T02:10:00.000Z
   */
  @ApiProperty(INSTANT)
  last_target_insert!: string | null;

  /**
   * The end of the last successful execution that updated rows (UTC).
   * @example 2026-01-31T02:10:00.000Z
   */
  @ApiProperty(INSTANT)
  last_target_update!: string | null;

  /**
   * The end of the last successful execution that soft-deleted rows (UTC).
   * @example 2026-01-31T02:10:00.000Z
   */
  @ApiProperty(INSTANT)
  last_target_soft_delete!: string | null;

  /**
   * Whether callers should load lineage.
   * @example true
   */
  @ApiProperty()
  load_lineage!: boolean;

  /**
   * Whether it should run.
   * @example true
   */
  @ApiProperty()
  active!: boolean;

  /**
   * SHA-256 (hex) over the RFC 8785 canonical JSON of the configuration that the code last sent.
   * @example 3b0c7fe1a5c4f9a1d86c0f4f7b0bb1f8b9a4e13f0d3ad0a6a8f4a2dc1c9b6a55
   */
  @ApiProperty(HASH)
  config_hash!: string;

  /**
   * 1 at first, one more for each change of the code's configuration.
   * @example 1
   */
  @ApiProperty(VERSION)
  config_version!: number;

  /**
   * When it was first registered (UTC).
   * @example 2026-01-01T08:00:00.000Z
   */
  @ApiProperty(INSTANT)
  created_at!: string;

  /**
   * When its code's configuration or an operator last changed it (UTC); null until then.
   * @example 2026-01-01T08:00:00.000Z
   */
  @ApiProperty({ ...INSTANT, nullable: true })
  updated_at!: string | null;
}

/** A configuration as it stood: the fields that the code sends, null where it sent none. */
export class PipelineConfigurationDto extends Thresholds(PIPELINE_PAIRS) {
  /**
   * The pipeline's name.
   * @example "Customer Data Pipeline"
   */
  @ApiProperty(NAME)
  name!: string;

  /**
   * The name of its type.
   * @example extraction
   */
  @ApiProperty(NAME)
  pipeline_type_name!: string;

  /**
   * Its metadata.
   * @example { "owner": "sales" }
   */
  @ApiProperty(METADATA)
  pipeline_metadata!: Record<string, unknown> | null;
}

/** One change of a pipeline's configuration by its source code. */
export class PipelineConfigurationChangeDto {
  /**
   * The pipeline's id.
   * @example 1
   */
  @ApiProperty(ID)
  pipeline_id!: number;

  /**
   * The version that the change led to.
   * @example 2
   */
  @ApiProperty(VERSION)
  config_version!: number;

  /**
   * The hash that the change led to.
   * @example 3b0c7fe1a5c4f9a1d86c0f4f7b0bb1f8b9a4e13f0d3ad0a6a8f4a2dc1c9b6a55
   */
  @ApiProperty(HASH)
  config_hash!: string;

  /** The configuration before, operators' changes included. */
  @ApiProperty()
  old_configuration!: PipelineConfigurationDto;

  /** The configuration that the code sent. */
  @ApiProperty()
  new_configuration!: PipelineConfigurationDto;

  /**
   * When it changed (UTC).
   * @example 2026-02-01T08:00:00.000Z
   */
  @ApiProperty(INSTANT)
  changed_at!: string;
}
