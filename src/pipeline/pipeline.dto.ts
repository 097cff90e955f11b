import type { Datepart } from '../common/fields.js';
import {
  Clearable,
  DATEPARTS,
  Flag,
  Id,
  Metadata,
  Name,
  Optional,
  QueryFlag,
  ThresholdDatepart,
  ThresholdNumber,
  Watermark,
} from '../common/fields.js';
import { PageQuery } from '../common/page.js';
import { PatchBody } from '../common/wire-validation.pipe.js';
import { ApiProperty } from '@nestjs/swagger';

/** What a pipeline's source code says of it. */
export class RegisterPipelineDto {
  /**
   * The pipeline's name, 1 to 255 characters, trimmed. Names compare without case.
   * @example Customer Data Pipeline
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
  @Optional()
  @Metadata()
  pipeline_metadata?: Record<string, unknown>;

  /**
   * How far the source reaches now; the next execution loads from `watermark` up to here. Kept as text.
   * @example 2026-01-31T00:00:00Z
   */
  @Optional()
  @Watermark()
  next_watermark?: string;

  /**
   * How long data may stay unchanged before it is stale, in `freshness_datepart`s. Both or neither.
   * @example 1
   */
  @Optional()
  @ThresholdNumber()
  freshness_number?: number;

  /**
   * The unit of `freshness_number`.
   * @example day
   */
  @Optional()
  @ThresholdDatepart()
  freshness_datepart?: Datepart;

  /**
   * How long an execution may take before it is late, in `timeliness_datepart`s. Both or neither.
   * @example 30
   */
  @Optional()
  @ThresholdNumber()
  timeliness_number?: number;

  /**
   * The unit of `timeliness_number`.
   * @example minute
   */
  @Optional()
  @ThresholdDatepart()
  timeliness_datepart?: Datepart;
}

/** What a pipeline needs to know to go on: whether to run at all, and from where to load. */
export class RegisteredPipelineDto {
  /**
   * The pipeline's id.
   * @example 1
   */
  @ApiProperty({ type: 'integer', format: 'int64' })
  id!: number;

  /**
   * Whether the pipeline should run. Information for the caller: nothing refuses an execution of an inactive pipeline.
   * @example true
   */
  active!: boolean;

  /**
   * Whether the caller should load lineage.
   * @example true
   */
  load_lineage!: boolean;

  /**
   * From where to load: the `next_watermark` of the last successful execution. Null before the first.
   * @example 2026-01-30T00:00:00Z
   */
  watermark!: string | null;
}

/** A change by an operator. Only what is in the body changes; null clears a field that can be null. */
export class PatchPipelineDto extends PatchBody {
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
   * @example Customer Data Pipeline
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
   * From where the next execution loads; null means from the beginning.
   * @example 2026-01-30T00:00:00Z
   */
  @Clearable()
  @Watermark()
  watermark?: string | null;

  /**
   * Up to where the next execution loads.
   * @example 2026-01-31T00:00:00Z
   */
  @Clearable()
  @Watermark()
  next_watermark?: string | null;

  /**
   * How long data may stay unchanged before it is stale, in `freshness_datepart`s.
   * @example 1
   */
  @Clearable()
  @ThresholdNumber()
  freshness_number?: number | null;

  /**
   * The unit of `freshness_number`.
   * @example day
   */
  @Clearable()
  @ThresholdDatepart()
  freshness_datepart?: Datepart | null;

  /**
   * How long an execution may take before it is late, in `timeliness_datepart`s.
   * @example 30
   */
  @Clearable()
  @ThresholdNumber()
  timeliness_number?: number | null;

  /**
   * The unit of `timeliness_number`.
   * @example minute
   */
  @Clearable()
  @ThresholdDatepart()
  timeliness_datepart?: Datepart | null;

  /**
   * True: the freshness of this pipeline is not checked.
   * @example false
   */
  @Optional()
  @Flag()
  mute_freshness_check?: boolean;

  /**
   * True: the timeliness of this pipeline is not checked.
   * @example false
   */
  @Optional()
  @Flag()
  mute_timeliness_check?: boolean;

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
   * @example Customer Data Pipeline
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

/** A pipeline, whole. */
export class PipelineDto {
  /**
   * Its id.
   * @example 1
   */
  @ApiProperty({ type: 'integer', format: 'int64' })
  id!: number;

  /**
   * Its name, in the case it was first given.
   * @example Customer Data Pipeline
   */
  name!: string;

  /**
   * The id of its type.
   * @example 1
   */
  @ApiProperty({ type: 'integer', format: 'int64' })
  pipeline_type_id!: number;

  /**
   * The name of its type.
   * @example extraction
   */
  pipeline_type_name!: string;

  /**
   * From where to load: the `next_watermark` of the successful execution that started last.
   * @example 2026-01-30T00:00:00Z
   */
  watermark!: string | null;

  /**
   * Up to where to load, as the caller last said.
   * @example 2026-01-31T00:00:00Z
   */
  next_watermark!: string | null;

  /**
   * What the owner keeps with it.
   * @example { "owner": "sales", "source": "crm" }
   */
  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  pipeline_metadata!: Record<string, unknown> | null;

  /**
   * The end of the last successful execution that inserted rows (UTC).
   * @example 2026-01-31T02:10:00.000Z
   */
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true })
  last_target_insert!: string | null;

  /**
   * The end of the last successful execution that updated rows (UTC).
   * @example 2026-01-31T02:10:00.000Z
   */
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true })
  last_target_update!: string | null;

  /**
   * The end of the last successful execution that soft-deleted rows (UTC).
   * @example 2026-01-31T02:10:00.000Z
   */
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true })
  last_target_soft_delete!: string | null;

  /**
   * How long data may stay unchanged before it is stale, in `freshness_datepart`s; null: its type's threshold holds.
   * @example 1
   */
  @ApiProperty({ type: 'integer', nullable: true })
  freshness_number!: number | null;

  /**
   * The unit of `freshness_number`.
   * @example day
   */
  @ApiProperty({ type: 'string', enum: DATEPARTS, nullable: true })
  freshness_datepart!: Datepart | null;

  /**
   * True: its freshness is not checked.
   * @example false
   */
  mute_freshness_check!: boolean;

  /**
   * How long an execution may take before it is late, in `timeliness_datepart`s; null: its type's threshold holds.
   * @example 30
   */
  @ApiProperty({ type: 'integer', nullable: true })
  timeliness_number!: number | null;

  /**
   * The unit of `timeliness_number`.
   * @example minute
   */
  @ApiProperty({ type: 'string', enum: DATEPARTS, nullable: true })
  timeliness_datepart!: Datepart | null;

  /**
   * True: its timeliness is not checked.
   * @example false
   */
  mute_timeliness_check!: boolean;

  /**
   * Whether callers should load lineage.
   * @example true
   */
  load_lineage!: boolean;

  /**
   * Whether it should run.
   * @example true
   */
  active!: boolean;

  /**
   * SHA-256 (hex) over the RFC 8785 canonical JSON of the configuration that the code last sent.
   * @example 3b0c7fe1a5c4f9a1d86c0f4f7b0bb1f8b9a4e13f0d3ad0a6a8f4a2dc1c9b6a55
   */
  config_hash!: string;

  /**
   * 1 at first, one more for each change of the code's configuration.
   * @example 1
   */
  @ApiProperty({ type: 'integer' })
  config_version!: number;

  /**
   * When it was first registered (UTC).
   * @example 2026-01-01T08:00:00.000Z
   */
  @ApiProperty({ type: 'string', format: 'date-time' })
  created_at!: string;

  /**
   * When its configuration last changed, by code or by an operator (UTC).
   * @example 2026-01-01T08:00:00.000Z
   */
  @ApiProperty({ type: 'string', format: 'date-time' })
  updated_at!: string;
}

/** A configuration as it stood: the fields that the code sends, null where it sent none. */
export class ConfigurationDto {
  /**
   * The pipeline's name.
   * @example Customer Data Pipeline
   */
  name!: string;

  /**
   * The name of its type.
   * @example extraction
   */
  pipeline_type_name!: string;

  /**
   * Its metadata.
   * @example { "owner": "sales" }
   */
  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  pipeline_metadata!: Record<string, unknown> | null;

  /**
   * The number of its freshness threshold.
   * @example 1
   */
  @ApiProperty({ type: 'integer', nullable: true })
  freshness_number!: number | null;

  /**
   * The unit of its freshness threshold.
   * @example day
   */
  @ApiProperty({ type: 'string', enum: DATEPARTS, nullable: true })
  freshness_datepart!: Datepart | null;

  /**
   * The number of its timeliness threshold.
   * @example 30
   */
  @ApiProperty({ type: 'integer', nullable: true })
  timeliness_number!: number | null;

  /**
   * The unit of its timeliness threshold.
   * @example minute
   */
  @ApiProperty({ type: 'string', enum: DATEPARTS, nullable: true })
  timeliness_datepart!: Datepart | null;
}

/** One change of a pipeline's configuration by its source code. */
export class ConfigurationChangeDto {
  /**
   * The pipeline's id.
   * @example 1
   */
  @ApiProperty({ type: 'integer', format: 'int64' })
  pipeline_id!: number;

  /**
   * The version that the change led to.
   * @example 2
   */
  @ApiProperty({ type: 'integer' })
  config_version!: number;

  /**
   * The hash that the change led to.
   * @example 3b0c7fe1a5c4f9a1d86c0f4f7b0bb1f8b9a4e13f0d3ad0a6a8f4a2dc1c9b6a55
   */
  config_hash!: string;

  /** The configuration before, operators' changes included. */
  old_configuration!: ConfigurationDto;

  /** The configuration that the code sent. */
  new_configuration!: ConfigurationDto;

  /**
   * When it changed (UTC).
   * @example 2026-02-01T08:00:00.000Z
   */
  @ApiProperty({ type: 'string', format: 'date-time' })
  changed_at!: string;
}
