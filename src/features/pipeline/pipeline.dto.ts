import { ApiProperty } from '@nestjs/swagger';
import { HASH, ID, INSTANT, METADATA, NAME, VERSION } from '../../platform/http/fields.js';
import { PIPELINE_PAIRS } from './threshold-pairs.js';
import { CheckedThresholds, Thresholds } from './thresholds.dto.js';
import { WATERMARK } from './watermark.dto.js';

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
