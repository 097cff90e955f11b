import { ApiProperty } from '@nestjs/swagger';
import { ID, INSTANT, MEASURE, NAME } from '../../../platform/http/fields.js';
import { type Status, STATUSES } from '../../execution/execution-status.js';
import { DEPTH } from '../hierarchy.dto.js';
import { TruncatedDto } from './truncated.dto.js';

/** An execution, as a part of the answer to where the time went. */
class PathExecutionDto {
  /**
   * The execution.
   * @example 42
   */
  @ApiProperty(ID)
  execution_id!: number;

  /**
   * The pipeline that it is a run of.
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
   * The levels between it and the execution that was asked about, which has 0.
   * @example 1
   */
  @ApiProperty(DEPTH)
  depth!: number;

  /**
   * Its status, as in the execution itself.
   * @example succeeded
   */
  @ApiProperty({ enum: STATUSES, enumName: 'ExecutionStatus' })
  status!: Status;
}

/** A stretch of time that one execution decided: while it worked itself, or waited for nothing that was reported. */
export class CriticalPathSegmentDto extends PathExecutionDto {
  /**
   * When the stretch begins (UTC): where the one before ends.
   * @example 2026-01-31T02:00:00.000Z
   */
  @ApiProperty(INSTANT)
  start_date!: string;

  /**
   * When the stretch ends (UTC).
   * @example 2026-01-31T02:07:30.000Z
   */
  @ApiProperty(INSTANT)
  end_date!: string;

  /**
   * How long the stretch is, in seconds, to the millisecond.
   * @example 450
   */
  @ApiProperty(MEASURE)
  seconds!: number;

  /**
   * Its part of `duration_seconds`, in per cent; null where that is 0.
   * @example 75
   */
  @ApiProperty(MEASURE)
  percent!: number | null;
}

/** An execution that did not decide, though its parent is on the path. */
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
   * How long it took, in seconds, to the millisecond; so far, while it runs.
   * @example 300
   */
  @ApiProperty(MEASURE)
  seconds!: number;

  /**
   * How much later it could have ended without making the whole longer, in seconds: the time from its end to the start of
   * the next of its siblings on the path, or else to the end of its parent. 0 where it ended after its parent or runs.
   * @example 150
   */
  @ApiProperty(MEASURE)
  slack_seconds!: number;
}

/** What decided how long an execution took. */
export class CriticalPathDto extends TruncatedDto {
  /**
   * The execution that was asked about.
   * @example 41
   */
  @ApiProperty(ID)
  execution_id!: number;

  /**
   * Its status, as in the execution itself.
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
   * The moment up to which the answer counts (UTC): `end_date`, or the moment of the answer while it runs.
   * @example 2026-01-31T02:10:00.000Z
   */
  @ApiProperty(INSTANT)
  as_of!: string;

  /**
   * From `start_date` to `as_of`, in seconds, to the millisecond: what the segments add up to.
   * @example 600
   */
  @ApiProperty(MEASURE)
  duration_seconds!: number;

  /**
   * The path, oldest first and without a gap: each stretch of time with the execution that decided it. An execution has
   * several where it did something between its children, none where its children decided all of its time.
   */
  @ApiProperty()
  segments!: CriticalPathSegmentDto[];

  /** The children of executions on the path that are not on it themselves, the one with the least slack first. */
  @ApiProperty()
  off_path!: OffPathExecutionDto[];
}
