import { ApiProperty } from '@nestjs/swagger';
import { ID, INSTANT, MEASURE, NAME } from '../../../platform/http/fields.js';
import { type Status, STATUSES } from '../../execution/execution-status.js';
import { DEPTH } from '../hierarchy.dto.js';
import { TruncatedDto } from './truncated.dto.js';

/** An execution in a critical path response. */
class PathExecutionDto {
  /**
   * The execution.
   * @example 42
   */
  @ApiProperty(ID)
  execution_id!: number;

  /**
   * Its pipeline.
   * @example 1
   */
  @ApiProperty(ID)
  pipeline_id!: number;

  /**
   * The name of that pipeline.
   * @example "load customers"
   */
  @ApiProperty(NAME)
  pipeline_name!: string;

  /**
   * The level below the requested execution; 0 for that execution.
   * @example 1
   */
  @ApiProperty(DEPTH)
  depth!: number;

  /**
   * Its status.
   * @example succeeded
   */
  @ApiProperty({ enum: STATUSES, enumName: 'ExecutionStatus' })
  status!: Status;
}

/**
 * A segment of the critical path: a period in which one execution determined the duration, by its own work or by
 * waiting without a reported child.
 */
export class CriticalPathSegmentDto extends PathExecutionDto {
  /**
   * Start of the segment (UTC): the end of the previous one.
   * @example 2026-01-31T02:00:00.000Z
   */
  @ApiProperty(INSTANT)
  start_date!: string;

  /**
   * End of the segment (UTC).
   * @example 2026-01-31T02:07:30.000Z
   */
  @ApiProperty(INSTANT)
  end_date!: string;

  /**
   * Length of the segment, in seconds to the millisecond.
   * @example 450
   */
  @ApiProperty(MEASURE)
  seconds!: number;

  /**
   * Its share of `duration_seconds`, in per cent; null if the duration is 0.
   * @example 75
   */
  @ApiProperty(MEASURE)
  percent!: number | null;
}

/** An execution off the critical path whose parent is on it. */
export class OffPathExecutionDto extends PathExecutionDto {
  /**
   * When it started (UTC).
   * @example 2026-01-31T02:00:00.000Z
   */
  @ApiProperty(INSTANT)
  start_date!: string;

  /**
   * When it ended (UTC); null while it runs.
   * @example 2026-01-31T02:05:00.000Z
   */
  @ApiProperty(INSTANT)
  end_date!: string | null;

  /**
   * Its duration, in seconds to the millisecond; the time so far while it runs.
   * @example 300
   */
  @ApiProperty(MEASURE)
  seconds!: number;

  /**
   * How much later it could have ended without delaying the whole, in seconds: the time from its end to the start of
   * the next sibling on the path, or else to the end of its parent. 0 if it ended after its parent or still runs.
   * @example 150
   */
  @ApiProperty(MEASURE)
  slack_seconds!: number;
}

/** The critical path of an execution. */
export class CriticalPathDto extends TruncatedDto {
  /**
   * The requested execution.
   * @example 41
   */
  @ApiProperty(ID)
  execution_id!: number;

  /**
   * Its status.
   * @example succeeded
   */
  @ApiProperty({ enum: STATUSES, enumName: 'ExecutionStatus' })
  status!: Status;

  /**
   * When it started (UTC).
   * @example 2026-01-31T02:00:00.000Z
   */
  @ApiProperty(INSTANT)
  start_date!: string;

  /**
   * When it ended (UTC); null while it runs.
   * @example 2026-01-31T02:10:00.000Z
   */
  @ApiProperty(INSTANT)
  end_date!: string | null;

  /**
   * The end of the period covered (UTC): `end_date`, or the time of the response while the execution runs.
   * @example 2026-01-31T02:10:00.000Z
   */
  @ApiProperty(INSTANT)
  as_of!: string;

  /**
   * From `start_date` to `as_of`, in seconds to the millisecond: the sum of the segments.
   * @example 600
   */
  @ApiProperty(MEASURE)
  duration_seconds!: number;

  /**
   * The path, oldest segment first and without gaps. An execution has several segments if it worked between its
   * children, and none if its children cover all its time.
   */
  @ApiProperty()
  segments!: CriticalPathSegmentDto[];

  /** The executions off the path whose parents are on it, least slack first. */
  @ApiProperty()
  off_path!: OffPathExecutionDto[];
}
