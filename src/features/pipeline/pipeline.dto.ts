import { ApiProperty } from '@nestjs/swagger';
import { HASH, ID, INSTANT, METADATA, NAME, NAMESPACE, VERSION } from '../../platform/http/fields.js';
import { PIPELINE_PAIRS } from './threshold-pairs.js';
import { CheckedThresholds, Thresholds } from './thresholds.dto.js';
import { WATERMARK } from './watermark.dto.js';

/** The answer to a registration: whether the pipeline should run, and from where it should load. */
export class RegisteredPipelineDto {
  /**
   * The pipeline's id.
   * @example 1
   */
  @ApiProperty(ID)
  id!: number;

  /**
   * Whether the pipeline should run. For the caller's information: an inactive pipeline can still start executions.
   * @example true
   */
  @ApiProperty()
  active!: boolean;

  /**
   * Whether the caller should load lineage: true after the creation, a change of the configuration by the code or a
   * PATCH to true; false after a successful execution.
   * @example true
   */
  @ApiProperty()
  load_lineage!: boolean;

  /**
   * The position from which to load: the `next_watermark` of the successful execution that started last, or the value
   * of a later PATCH. Null before the first.
   * @example 2026-01-30T00:00:00Z
   */
  @ApiProperty(WATERMARK)
  watermark!: string | null;
}

/** A pipeline. If it has no threshold of its own, that of its type applies. */
export class PipelineDto extends CheckedThresholds(PIPELINE_PAIRS) {
  /**
   * Its id.
   * @example 1
   */
  @ApiProperty(ID)
  id!: number;

  /**
   * The namespace of its name; empty for most pipelines.
   * @example ""
   */
  @ApiProperty(NAMESPACE)
  namespace!: string;

  /**
   * Its name, as first registered or last renamed.
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
   * The position from which to load: the `next_watermark` of the successful execution that started last, or the value
   * of a later PATCH.
   * @example 2026-01-30T00:00:00Z
   */
  @ApiProperty(WATERMARK)
  watermark!: string | null;

  /**
   * The position up to which to load, as the caller last sent it.
   * @example 2026-01-31T00:00:00Z
   */
  @ApiProperty(WATERMARK)
  next_watermark!: string | null;

  /**
   * Any data that the owner keeps with the pipeline.
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
   * When runs are expected to start: a cron expression of five fields, or the name of one; null without a schedule.
   * @example "30 2 * * *"
   */
  @ApiProperty({ type: 'string', nullable: true })
  schedule!: string | null;

  /**
   * The time zone of the schedule; null without a schedule.
   * @example Europe/Berlin
   */
  @ApiProperty({ type: 'string', nullable: true })
  schedule_timezone!: string | null;

  /**
   * The first expected start that no check has judged yet (UTC); null without a schedule.
   * @example 2026-02-01T01:30:00.000Z
   */
  @ApiProperty({ ...INSTANT, nullable: true })
  next_expected_at!: string | null;

  /**
   * If true, the schedule is not checked.
   * @example false
   */
  @ApiProperty()
  mute_schedule_check!: boolean;

  /**
   * Whether callers should load lineage.
   * @example true
   */
  @ApiProperty()
  load_lineage!: boolean;

  /**
   * Whether the pipeline should run.
   * @example true
   */
  @ApiProperty()
  active!: boolean;

  /**
   * If true, the pipeline is neither listed nor checked.
   * @example false
   */
  @ApiProperty()
  archived!: boolean;

  /**
   * SHA-256 (hex) over the RFC 8785 canonical JSON of the configuration that the code last declared.
   * @example 3b0c7fe1a5c4f9a1d86c0f4f7b0bb1f8b9a4e13f0d3ad0a6a8f4a2dc1c9b6a55
   */
  @ApiProperty(HASH)
  config_hash!: string;

  /**
   * 1 after the creation, incremented by each change of the configuration by the code.
   * @example 1
   */
  @ApiProperty(VERSION)
  config_version!: number;

  /**
   * The time of its first registration (UTC).
   * @example 2026-01-01T08:00:00.000Z
   */
  @ApiProperty(INSTANT)
  created_at!: string;

  /**
   * The time of the last change by its code's configuration or by PATCH (UTC); null before the first.
   * @example 2026-01-01T08:00:00.000Z
   */
  @ApiProperty({ ...INSTANT, nullable: true })
  updated_at!: string | null;
}

/** A configuration at the time of a change; fields that are not set are null. */
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

  /**
   * When runs are expected to start; null without a schedule.
   * @example "30 2 * * *"
   */
  @ApiProperty({ type: 'string', nullable: true })
  schedule!: string | null;

  /**
   * The time zone of the schedule; null if none was given.
   * @example Europe/Berlin
   */
  @ApiProperty({ type: 'string', nullable: true })
  schedule_timezone!: string | null;
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
   * The version after the change.
   * @example 2
   */
  @ApiProperty(VERSION)
  config_version!: number;

  /**
   * The hash after the change.
   * @example 3b0c7fe1a5c4f9a1d86c0f4f7b0bb1f8b9a4e13f0d3ad0a6a8f4a2dc1c9b6a55
   */
  @ApiProperty(HASH)
  config_hash!: string;

  /** The configuration before the change, including changes by operators. */
  @ApiProperty()
  old_configuration!: PipelineConfigurationDto;

  /** The configuration after the change, as the code declared it. */
  @ApiProperty()
  new_configuration!: PipelineConfigurationDto;

  /**
   * The time of the change (UTC).
   * @example 2026-02-01T08:00:00.000Z
   */
  @ApiProperty(INSTANT)
  changed_at!: string;
}
