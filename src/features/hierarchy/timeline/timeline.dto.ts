import { ApiProperty } from '@nestjs/swagger';
import { DEPTH } from '../hierarchy.dto.js';
import { ID, INSTANT, MEASURE, NAME, Optional, QueryWhole, Text } from '../../../platform/http/fields.js';
import { columnOf, ExecutionColumnsDto } from '../../execution/execution-columns.dto.js';

/** Depth of a timeline, and what of it is known already. */
export class TimelineQuery {
  /**
   * Maximum number of levels below the execution. Defaults to all levels.
   * @example 2
   */
  @Optional()
  @QueryWhole(0, 1_000_000)
  max_depth?: number;

  /**
   * The `cursor` of the last answer, to get only the executions that have changed since.
   * @example MTc2OTg0NzYwMDAwMEA3NDg6NzQ4Og
   */
  @Optional()
  @Text(1, 10_000)
  after?: string;
}

/** The pipelines of a timeline, as columns of the same length. */
export class TimelinePipelinesDto {
  /**
   * Their ids.
   * @example [1]
   */
  @ApiProperty(columnOf(ID))
  id!: number[];

  /**
   * Their names.
   * @example ["Customer Data Pipeline"]
   */
  @ApiProperty(columnOf(NAME))
  name!: string[];

  /**
   * The median durations of their last 20 successes, in milliseconds; null without a success, and beyond 1,000
   * pipelines.
   * @example [600000]
   */
  @ApiProperty(columnOf({ ...MEASURE, nullable: true }))
  usual_ms!: (number | null)[];
}

/** A tree of executions as columns of the same length, level by level, or what has changed of it. */
export class TimelineDto extends ExecutionColumnsDto {
  /**
   * The time of the answer (UTC); running executions last until then.
   * @example 2026-01-31T02:10:00.000Z
   */
  @ApiProperty(INSTANT)
  as_of!: string;

  /**
   * For `after` in the next request.
   * @example MTc2OTg0NzYwMDAwMEA3NDg6NzQ4Og
   */
  cursor!: string;

  /**
   * True if this is the whole tree, which replaces what is known; false if only the executions are here that were added
   * or have changed, to be merged by their ids. With `after` it is also true if an execution was moved or deleted, or the
   * cursor is too old.
   * @example true
   */
  @ApiProperty()
  complete!: boolean;

  /**
   * True if executions are missing because the tree has more than 50,000, or more than 1,000 levels.
   * @example false
   */
  @ApiProperty()
  truncated!: boolean;

  /** The first level with missing executions; null if none are missing. */
  @ApiProperty({ ...DEPTH, nullable: true, example: null })
  truncated_at_depth!: number | null;

  /**
   * Their parents; null for a root.
   * @example [null, 42]
   */
  @ApiProperty(columnOf({ ...ID, nullable: true }))
  parent!: (number | null)[];

  /**
   * Their pipelines.
   * @example [1, 2]
   */
  @ApiProperty(columnOf(ID))
  pipeline!: number[];

  /**
   * The times from which they are late (UTC); null without a threshold.
   * @example ["2026-01-31T02:30:00.000Z", null]
   */
  @ApiProperty(columnOf({ ...INSTANT, nullable: true }))
  deadline!: (string | null)[];

  /** The pipelines of these executions. */
  @ApiProperty()
  pipelines!: TimelinePipelinesDto;
}
