import { ApiProperty } from '@nestjs/swagger';
import type { Datepart } from '../common/fields.js';
import {
  Clearable,
  DATEPARTS,
  Flag,
  Id,
  Name,
  Optional,
  ThresholdDatepart,
  ThresholdNumber,
} from '../common/fields.js';
import { PageQuery } from '../common/page.js';
import { PatchBody } from '../common/wire-validation.pipe.js';

/** A type to get or create. What stands beside the name is used only when the type is new. */
export class CreatePipelineTypeDto {
  /**
   * The type's name, 1 to 255 characters, trimmed. Names compare without case.
   * @example extraction
   */
  @Name()
  name!: string;

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
   * True: the freshness of its pipelines is not checked.
   * @example false
   */
  @Optional()
  @Flag()
  mute_freshness_check?: boolean;

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

  /**
   * True: the timeliness of its pipelines is not checked.
   * @example false
   */
  @Optional()
  @Flag()
  mute_timeliness_check?: boolean;
}

/** A change by an operator. Only what is in the body changes; null clears a field that can be null. */
export class PatchPipelineTypeDto extends PatchBody {
  /**
   * Which type, by id. Without it, `name` says which.
   * @example 1
   */
  @Optional()
  @Id()
  id?: number;

  /**
   * Which type, by name; together with `id`, its new name.
   * @example extraction
   */
  @Optional()
  @Name()
  name?: string;

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
   * True: the freshness of its pipelines is not checked.
   * @example false
   */
  @Optional()
  @Flag()
  mute_freshness_check?: boolean;

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
   * True: the timeliness of its pipelines is not checked.
   * @example false
   */
  @Optional()
  @Flag()
  mute_timeliness_check?: boolean;
}

/** Which types, and how paged. */
export class ListPipelineTypesQuery extends PageQuery {
  /**
   * Only the type of this name (compared without case).
   * @example extraction
   */
  @Optional()
  @Name()
  name?: string;
}

/** A type of pipeline, whole. */
export class PipelineTypeDto {
  /**
   * Its id.
   * @example 1
   */
  @ApiProperty({ type: 'integer', format: 'int64' })
  id!: number;

  /**
   * Its name, in the case it was first given.
   * @example extraction
   */
  name!: string;

  /**
   * The freshness threshold of its pipelines that have none, in `freshness_datepart`s.
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
   * True: the freshness of its pipelines is not checked.
   * @example false
   */
  mute_freshness_check!: boolean;

  /**
   * The timeliness threshold of its pipelines that have none, in `timeliness_datepart`s.
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
   * True: the timeliness of its pipelines is not checked.
   * @example false
   */
  mute_timeliness_check!: boolean;

  /**
   * When it was created (UTC).
   * @example 2026-01-01T08:00:00.000Z
   */
  @ApiProperty({ type: 'string', format: 'date-time' })
  created_at!: string;

  /**
   * When it last changed (UTC).
   * @example 2026-01-01T08:00:00.000Z
   */
  @ApiProperty({ type: 'string', format: 'date-time' })
  updated_at!: string;
}
