import { ApiProperty } from '@nestjs/swagger';
import { Flag, Id, ID, INSTANT, Name, NAME, Optional } from '../../platform/http/fields.js';
import { PageQuery } from '../../platform/http/page.js';
import { TYPE_PAIRS } from './threshold-pairs.js';
import { CheckedThresholds, PatchedThresholds, PostedThresholds } from './thresholds.dto.js';

/** A type to get or create. The fields besides the name are used only when the type is created. */
export class CreatePipelineTypeDto extends PostedThresholds(TYPE_PAIRS) {
  /**
   * The type's name, 1 to 255 characters, trimmed. Names are case-insensitive.
   * @example extraction
   */
  @Name()
  name!: string;

  /**
   * If true, the freshness of its pipelines is not checked.
   * @example false
   */
  @Optional()
  @Flag()
  mute_freshness_check?: boolean;

  /**
   * If true, the timeliness of its pipelines is not checked.
   * @example false
   */
  @Optional()
  @Flag()
  mute_timeliness_check?: boolean;

  /**
   * If true, the runs of its pipelines are not compared with the usual ones.
   * @example false
   */
  @Optional()
  @Flag()
  mute_anomaly_check?: boolean;
}

/** A change by an operator. Only fields in the body change; null clears a nullable field. */
export class PatchPipelineTypeDto extends PatchedThresholds(TYPE_PAIRS) {
  /**
   * The type's id. Without it, `name` selects the type.
   * @example 1
   */
  @Optional()
  @Id()
  id?: number;

  /**
   * The type's name; together with `id`, its new name.
   * @example extraction
   */
  @Optional()
  @Name()
  name?: string;
}

/** Filters and paging of the list of types. */
export class ListPipelineTypesQuery extends PageQuery {
  /**
   * Only the type with this name (case-insensitive).
   * @example extraction
   */
  @Optional()
  @Name()
  name?: string;
}

/** A pipeline type. Its thresholds apply to its pipelines that have none of their own. */
export class PipelineTypeDto extends CheckedThresholds(TYPE_PAIRS) {
  /**
   * Its id.
   * @example 1
   */
  @ApiProperty(ID)
  id!: number;

  /**
   * Its name, as first given or last renamed.
   * @example extraction
   */
  @ApiProperty(NAME)
  name!: string;

  /**
   * The time of its creation (UTC).
   * @example 2026-01-01T08:00:00.000Z
   */
  @ApiProperty(INSTANT)
  created_at!: string;

  /**
   * The time of its last change (UTC); null before the first.
   * @example 2026-01-01T08:00:00.000Z
   */
  @ApiProperty({ ...INSTANT, nullable: true })
  updated_at!: string | null;
}
