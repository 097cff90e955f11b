import { ApiProperty } from '@nestjs/swagger';
import { COUNT, ID, INSTANT, MEASURE, NAME, OneOf, Optional, SUM } from '../../../platform/http/fields.js';
import { type Status, STATUSES } from '../../execution/execution-status.js';
import { DEPTH } from '../hierarchy.dto.js';
import { TruncatedDto } from './truncated.dto.js';

const ROLLUP_BY = ['pipeline', 'pipeline_type', 'depth'] as const;
export type RollupBy = (typeof ROLLUP_BY)[number];

/** Grouping of a rollup. */
export class RollupQuery {
  /**
   * Group by pipeline, by pipeline type or by level of the tree. Defaults to `pipeline`.
   * @example pipeline
   */
  @Optional()
  @OneOf(ROLLUP_BY, 'RollupBy')
  by?: RollupBy = 'pipeline';
}

/** Totals of a set of executions. A count that an execution did not report counts as 0. */
export class RollupFiguresDto implements Record<Status, number> {
  /**
   * Number of executions.
   * @example 12
   */
  @ApiProperty(COUNT)
  executions!: number;

  /**
   * Number of succeeded executions.
   * @example 10
   */
  @ApiProperty(COUNT)
  succeeded!: number;

  /**
   * Number of failed executions.
   * @example 1
   */
  @ApiProperty(COUNT)
  failed!: number;

  /**
   * Number of running executions.
   * @example 1
   */
  @ApiProperty(COUNT)
  running!: number;

  /**
   * Number of expected executions: named as a parent, but not reported yet.
   * @example 0
   */
  @ApiProperty(COUNT)
  expected!: number;

  /**
   * Number of aborted executions.
   * @example 0
   */
  @ApiProperty(COUNT)
  aborted!: number;

  /**
   * Number of skipped executions.
   * @example 0
   */
  @ApiProperty(COUNT)
  skipped!: number;

  /**
   * Number of lost executions.
   * @example 0
   */
  @ApiProperty(COUNT)
  lost!: number;

  /**
   * Total number of rows processed.
   * @example 14400
   */
  @ApiProperty(SUM)
  total_rows!: number;

  /**
   * Number of rows inserted.
   * @example 12000
   */
  @ApiProperty(SUM)
  inserts!: number;

  /**
   * Number of rows updated.
   * @example 1800
   */
  @ApiProperty(SUM)
  updates!: number;

  /**
   * Number of rows soft-deleted.
   * @example 600
   */
  @ApiProperty(SUM)
  soft_deletes!: number;

  /**
   * The sum of their durations, in seconds to the millisecond; a running execution counts up to now. It is not elapsed
   * time: a parent's duration includes its children's, and children may run in parallel.
   * @example 7200
   */
  @ApiProperty(MEASURE)
  total_seconds!: number;

  /**
   * The sum of their own times, in seconds: for each execution, the time in which none of its children ran.
   * @example 3600
   */
  @ApiProperty(MEASURE)
  self_seconds!: number;

  /**
   * The longest duration, in seconds.
   * @example 900
   */
  @ApiProperty(MEASURE)
  max_seconds!: number;

  /**
   * Their share of the `self_seconds` of the whole tree, in per cent; all groups add up to 100. Null if that total is
   * 0.
   * @example 50
   */
  @ApiProperty(MEASURE)
  share!: number | null;
}

/** One group. Of the fields that identify it, only those of the chosen grouping are present. */
export class RollupGroupDto extends RollupFiguresDto {
  /**
   * The pipeline; only with `by=pipeline`.
   * @example 1
   */
  @ApiProperty(ID)
  pipeline_id?: number;

  /**
   * The name of the pipeline; only with `by=pipeline`.
   * @example "load customers"
   */
  @ApiProperty(NAME)
  pipeline_name?: string;

  /**
   * The pipeline type; with `by=pipeline_type`, and with `by=pipeline` the type of the pipeline.
   * @example 1
   */
  @ApiProperty(ID)
  pipeline_type_id?: number;

  /**
   * The name of the pipeline type.
   * @example ingestion
   */
  @ApiProperty(NAME)
  pipeline_type_name?: string;

  /**
   * The level, 0 for the requested execution; only with `by=depth`.
   * @example 1
   */
  @ApiProperty(DEPTH)
  depth?: number;
}

/** Totals of a tree by groups. */
export class RollupDto extends TruncatedDto {
  /**
   * The requested execution.
   * @example 41
   */
  @ApiProperty(ID)
  execution_id!: number;

  /**
   * The grouping.
   * @example pipeline
   */
  @ApiProperty({ enum: ROLLUP_BY, enumName: 'RollupBy' })
  by!: RollupBy;

  /**
   * Its status.
   * @example running
   */
  @ApiProperty({ enum: STATUSES, enumName: 'ExecutionStatus' })
  status!: Status;

  /**
   * The time of the response (UTC); running executions count up to this time.
   * @example 2026-01-31T02:10:00.000Z
   */
  @ApiProperty(INSTANT)
  as_of!: string;

  /** The totals of the whole tree, including the requested execution. */
  @ApiProperty()
  whole!: RollupFiguresDto;

  /** Most `self_seconds` first; with `by=depth` from the top down. */
  @ApiProperty()
  groups!: RollupGroupDto[];
}
