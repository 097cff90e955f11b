import { ApiProperty } from '@nestjs/swagger';
import { Flag, Id, ID, INSTANT, Name, NAME, Optional } from '../../platform/http/fields.js';
import { PageQuery } from '../../platform/http/page.js';
import { TYPE_PAIRS } from './threshold-pairs.js';
import { CheckedThresholds, PatchedThresholds, PostedThresholds } from './thresholds.dto.js';

/** A type to get or create. What stands beside the name is used only when the type is new. */
export class CreatePipelineTypeDto extends PostedThresholds(TYPE_PAIRS) {
  /**
   * The type's name, 1 to 255 characters, trimmed. Names compare without case.
   * @example extraction
   */
  @Name()
  name!: string;

  /**
   * True: the freshness of its pipelines is not checked.
   * @example false
   */
  @Optional()
  @Flag()
  mute_freshness_check?: boolean;

  /**
   * True: the timeliness of its pipelines is not checked.
   * @example false
   */
  @Optional()
  @Flag()
  mute_timeliness_check?: boolean;
}

/** A change by an operator. Only what is in the body changes; null clears a field that can be null. */
export class PatchPipelineTypeDto extends PatchedThresholds(TYPE_PAIRS) {
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

/** A type of pipeline, whole. Its thresholds are those of its pipelines that have none. */
export class PipelineTypeDto extends CheckedThresholds(TYPE_PAIRS) {
  /**
   * Its id.
   * @example 1
   */
  @ApiProperty(ID)
  id!: number;

  /**
   * Its name, in the case it was first given.
   * @example extraction
   */
  @ApiProperty(NAME)
  name!: string;

  /**
   * When it was created (UTC).
   * @example 2026-01-01T08:00:00.000Z
   */
  @ApiProperty(INSTANT)
  created_at!: string;

  /**
   * When it last changed (UTC); null until it does.
   * @example 2026-01-01T08:00:00.000Z
   */
  @ApiProperty({ ...INSTANT, nullable: true })
  updated_at!: string | null;
}
