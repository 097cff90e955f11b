import { ApiProperty } from '@nestjs/swagger';
import { ID, INSTANT } from '../../../platform/http/fields.js';
import { WATERMARK } from '../../pipeline/watermark.dto.js';

export const CHANGE_KINDS = ['created', 'configuration', 'patch', 'watermark'] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

const FIELDS = { type: 'object', additionalProperties: true, nullable: true } as const;

/** One change of a pipeline. */
export class PipelineChangeDto {
  /**
   * The time of the change (UTC); for a move by an execution, when its end was received.
   * @example 2026-01-31T02:10:00.000Z
   */
  @ApiProperty(INSTANT)
  at!: string;

  /**
   * The name of the caller; null for a move by an execution, and for changes that an older version recorded.
   * @example nightly
   */
  @ApiProperty({ type: 'string', nullable: true })
  by!: string | null;

  /**
   * `created`: by its first registration. `configuration`: by its source code. `patch`: by PATCH. `watermark`: by a
   * successful execution, which moved the watermark.
   * @example patch
   */
  @ApiProperty({ enum: [...CHANGE_KINDS], enumName: 'PipelineChangeKind' })
  kind!: ChangeKind;

  /**
   * The fields that changed, as they were; null for a creation.
   * @example { "active": true }
   */
  @ApiProperty(FIELDS)
  before!: Record<string, unknown> | null;

  /**
   * The same fields, as they became; null for a creation that an older version recorded.
   * @example { "active": false }
   */
  @ApiProperty(FIELDS)
  after!: Record<string, unknown> | null;

  /**
   * The execution that moved the watermark; null for changes by callers.
   * @example 42
   */
  @ApiProperty({ ...ID, nullable: true })
  execution_id!: number | null;
}

/** One move of a pipeline's watermark. */
export class WatermarkMoveDto {
  /**
   * The time of the move (UTC): that of the PATCH, or when the end of the execution was received.
   * @example 2026-01-31T02:10:00.000Z
   */
  @ApiProperty(INSTANT)
  at!: string;

  /**
   * The name of the caller of the PATCH; null for a move by an execution.
   * @example nightly
   */
  @ApiProperty({ type: 'string', nullable: true })
  by!: string | null;

  /**
   * The watermark before the move.
   * @example 2026-01-30T00:00:00Z
   */
  @ApiProperty(WATERMARK)
  before!: string | null;

  /**
   * The watermark after the move.
   * @example 2026-01-31T00:00:00Z
   */
  @ApiProperty(WATERMARK)
  after!: string | null;

  /**
   * The execution that moved it; null for a PATCH.
   * @example 42
   */
  @ApiProperty({ ...ID, nullable: true })
  execution_id!: number | null;
}
