import { ApiProperty } from '@nestjs/swagger';
import { COUNT, ID, MEASURE, Optional, QueryFlag } from '../../../platform/http/fields.js';
import { PageQuery } from '../../../platform/http/page.js';
import { WATERMARK } from '../../pipeline/watermark.dto.js';
import { columnOf, ExecutionColumnsDto } from '../execution-columns.dto.js';

/** Paging of a series. */
export class PipelineSeriesQuery extends PageQuery {
  /**
   * Whether the columns with the usual rows and durations are added, for the newest 200 executions of a page.
   * @example true
   */
  @Optional()
  @QueryFlag()
  bounds?: boolean;
}

/** The executions of a pipeline as columns of the same length, newest first. */
export class PipelineSeriesDto extends ExecutionColumnsDto {
  /**
   * The roots of their trees.
   * @example [42, 41]
   */
  @ApiProperty(columnOf(ID))
  root!: number[];

  /**
   * The positions from which they load.
   * @example ["2026-01-30T00:00:00Z", null]
   */
  @ApiProperty(columnOf({ ...WATERMARK, nullable: true }))
  watermark!: (string | null)[];

  /**
   * The positions up to which they load.
   * @example ["2026-01-31T00:00:00Z", null]
   */
  @ApiProperty(columnOf({ ...WATERMARK, nullable: true }))
  next_watermark!: (string | null)[];

  /**
   * The rows that were expected, by the runs before; null where too little was known. Only with `bounds=true`.
   * @example [1010, null]
   */
  @ApiProperty({ ...columnOf({ ...MEASURE, nullable: true }), required: false })
  rows_expected?: (number | null)[];

  /**
   * The fewest usual rows. Only with `bounds=true`.
   * @example [900, null]
   */
  @ApiProperty({ ...columnOf({ ...MEASURE, nullable: true }), required: false })
  rows_lower?: (number | null)[];

  /**
   * The most usual rows. Only with `bounds=true`.
   * @example [1120, null]
   */
  @ApiProperty({ ...columnOf({ ...MEASURE, nullable: true }), required: false })
  rows_upper?: (number | null)[];

  /**
   * The expected duration in milliseconds. Only with `bounds=true`.
   * @example [600000, null]
   */
  @ApiProperty({ ...columnOf({ ...MEASURE, nullable: true }), required: false })
  ms_expected?: (number | null)[];

  /**
   * The shortest usual duration in milliseconds. Only with `bounds=true`.
   * @example [480000, null]
   */
  @ApiProperty({ ...columnOf({ ...MEASURE, nullable: true }), required: false })
  ms_lower?: (number | null)[];

  /**
   * The longest usual duration in milliseconds. Only with `bounds=true`.
   * @example [720000, null]
   */
  @ApiProperty({ ...columnOf({ ...MEASURE, nullable: true }), required: false })
  ms_upper?: (number | null)[];
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
