import { ApiProperty } from '@nestjs/swagger';
import { OneOf, Optional, QueryId, QueryWhole } from '../../platform/http/fields.js';
import { PageQuery } from '../../platform/http/page.js';
import { ExecutionDto } from '../execution/execution.dto.js';
import { type Status, STATUSES } from '../execution/execution-status.js';

export const DEPTH = { type: 'integer', format: 'int32', minimum: 0 } as const;

/** Filters and page of a list of relatives. */
export class RelativesQuery extends PageQuery {
  /**
   * Only executions with this status.
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

/** Filters, depth and page of a list of descendants. */
export class DownstreamQuery extends RelativesQuery {
  /**
   * Maximum number of levels below the execution. Defaults to all levels.
   * @example 2
   */
  @Optional()
  @QueryWhole(1, 1_000_000)
  max_depth?: number;
}

/** Depth of a tree. */
export class TreeQuery {
  /**
   * Maximum number of levels below the execution. Defaults to all levels.
   * @example 2
   */
  @Optional()
  @QueryWhole(0, 1_000_000)
  max_depth?: number;
}

/** A relative of the requested execution, with its distance. */
export class RelatedExecutionDto extends ExecutionDto {
  /**
   * The number of levels between the two: 1 for a direct child or parent, 0 for the execution itself.
   * @example 1
   */
  @ApiProperty(DEPTH)
  depth!: number;
}

/** An execution in a tree, with its children. */
class ExecutionTreeNodeDto extends RelatedExecutionDto {
  /** Its direct children, oldest first. */
  @ApiProperty({ type: () => [ExecutionTreeNodeDto] })
  child_executions!: ExecutionTreeNodeDto[];
}

/** An execution with all its descendants. */
export class ExecutionTreeDto extends ExecutionTreeNodeDto {
  /**
   * The number of executions in this response, including the top one.
   * @example 5
   */
  @ApiProperty({ type: 'integer', format: 'int32', minimum: 1, maximum: 10_000 })
  node_count!: number;

  /**
   * True if executions are missing because the tree exceeds the limits of a response: 10,000 executions, 1,000 levels,
   * 16 MB. Executions are removed from the lowest level upwards, and within a level from the highest id downwards.
   * Levels beyond `max_depth` do not count as missing.
   * @example false
   */
  @ApiProperty()
  truncated!: boolean;

  /** The first level with missing executions; null if none are missing. */
  @ApiProperty({ ...DEPTH, example: null })
  truncated_at_depth!: number | null;
}
