import { ApiProperty } from '@nestjs/swagger';
import { OneOf, Optional, QueryId, QueryWhole } from '../../platform/http/fields.js';
import { PageQuery } from '../../platform/http/page.js';
import { ExecutionDto } from '../execution/execution.dto.js';
import { type Status, STATUSES } from '../execution/execution-status.js';

export const DEPTH = { type: 'integer', format: 'int32', minimum: 0 } as const;

/** Which relatives of an execution, and how paged. */
export class RelativesQuery extends PageQuery {
  /**
   * Only executions in this state.
   * @example failed
   */
  @Optional()
  @OneOf(STATUSES, 'ExecutionStatus')
  status?: Status;

  /**
   * Only executions of this pipeline.
   * @example 1
   */
  @Optional()
  @QueryId()
  pipeline_id?: number;
}

/** Which descendants of an execution, and how paged. */
export class DownstreamQuery extends RelativesQuery {
  /**
   * Only this many levels below the execution; all, if left out.
   * @example 2
   */
  @Optional()
  @QueryWhole(1, 1_000_000)
  max_depth?: number;
}

/** How much of a tree. */
export class TreeQuery {
  /**
   * Only this many levels below the execution; all, if left out.
   * @example 2
   */
  @Optional()
  @QueryWhole(0, 1_000_000)
  max_depth?: number;
}

/** An execution and how far it is from the one that was asked about. */
export class RelatedExecutionDto extends ExecutionDto {
  /**
   * The levels between the two: 1 for a direct child or parent, 0 for the execution itself.
   * @example 1
   */
  @ApiProperty(DEPTH)
  depth!: number;
}

/** An execution in a tree, its children below it. */
class ExecutionTreeNodeDto extends RelatedExecutionDto {
  /** Its direct children, oldest first. */
  @ApiProperty({ type: () => [ExecutionTreeNodeDto] })
  child_executions!: ExecutionTreeNodeDto[];
}

/** An execution and everything below it. */
export class ExecutionTreeDto extends ExecutionTreeNodeDto {
  /**
   * How many executions are in this answer, the top one included.
   * @example 5
   */
  @ApiProperty({ type: 'integer', format: 'int32', minimum: 1, maximum: 10_000 })
  node_count!: number;

  /**
   * Whether executions are missing because the tree is larger than an answer may be: 10,000 executions, 1,000 levels,
   * 16 MB. The levels are cut from the lowest up, each from the highest id down.
   * Levels beyond `max_depth` don't count as missing.
   * @example false
   */
  @ApiProperty()
  truncated!: boolean;

  /**
   * The level from which executions are missing; null when none are.
   */
  @ApiProperty({ ...DEPTH, example: null })
  truncated_at_depth!: number | null;
}
