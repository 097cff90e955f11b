import { ApiProperty } from '@nestjs/swagger';
import { COUNT, ID, INSTANT, MEASURE } from '../../../platform/http/fields.js';
import { WATERMARK } from '../../pipeline/watermark.dto.js';
import { type Status, STATUSES } from '../execution-status.js';

/** A column of a series. */
const column = (items: object) => ({ type: 'array', items }) as const;

/** The executions of a pipeline as columns of the same length, newest first. */
export class PipelineSeriesDto {
  /**
   * The executions.
   * @example [42, 41]
   */
  @ApiProperty(column(ID))
  id!: number[];

  /**
   * The roots of their trees.
   * @example [42, 41]
   */
  @ApiProperty(column(ID))
  root!: number[];

  /**
   * Their starts (UTC).
   * @example ["2026-01-31T02:00:00.000Z", "2026-01-30T02:00:00.000Z"]
   */
  @ApiProperty(column(INSTANT))
  start!: string[];

  /**
   * Their durations in milliseconds; null while they run.
   * @example [600000, 540000]
   */
  @ApiProperty(column({ ...MEASURE, nullable: true }))
  ms!: (number | null)[];

  /**
   * Their statuses.
   * @example ["succeeded", "failed"]
   */
  @ApiProperty({ enum: [...STATUSES], enumName: 'ExecutionStatus', isArray: true })
  status!: Status[];

  /**
   * The rows that they handled; null if not reported.
   * @example [1000, null]
   */
  @ApiProperty(column({ ...COUNT, nullable: true }))
  rows!: (number | null)[];

  /**
   * The positions from which they load.
   * @example ["2026-01-30T00:00:00Z", null]
   */
  @ApiProperty(column({ ...WATERMARK, nullable: true }))
  watermark!: (string | null)[];

  /**
   * The positions up to which they load.
   * @example ["2026-01-31T00:00:00Z", null]
   */
  @ApiProperty(column({ ...WATERMARK, nullable: true }))
  next_watermark!: (string | null)[];
}

/** The median and the 95th percentile of a measure; null if no run has it. */
export class SpreadDto {
  /**
   * Half of the runs have at most this.
   * @example 600
   */
  @ApiProperty({ ...MEASURE, nullable: true })
  p50!: number | null;

  /**
   * 95 % of the runs have at most this.
   * @example 720
   */
  @ApiProperty({ ...MEASURE, nullable: true })
  p95!: number | null;
}

/** The usual measures of a pipeline, over its last 100 successes. */
export class PipelineStatisticsDto {
  /**
   * The number of successes counted, at most 100.
   * @example 100
   */
  @ApiProperty(COUNT)
  successes!: number;

  /** The duration in seconds. */
  @ApiProperty()
  duration_seconds!: SpreadDto;

  /** The rows handled, over the successes that reported them. */
  @ApiProperty()
  total_rows!: SpreadDto;

  /**
   * The usual time of day of a start, UTC; null without a success.
   * @example "02:30"
   */
  @ApiProperty({ type: 'string', nullable: true, pattern: '^[0-2][0-9]:[0-5][0-9]$' })
  usual_start!: string | null;
}
