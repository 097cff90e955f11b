import { ApiProperty } from '@nestjs/swagger';
import { COUNT, ID, INSTANT, MEASURE, NAME, OneOf, Optional, SUM } from '../../../platform/http/fields.js';
import { type Status, STATUSES } from '../../execution/execution-status.js';
import { DEPTH } from '../hierarchy.dto.js';
import { TruncatedDto } from './truncated.dto.js';

const ROLLUP_BY = ['pipeline', 'pipeline_type', 'depth'] as const;
export type RollupBy = (typeof ROLLUP_BY)[number];

/** What to sum up by. */
export class RollupQuery {
  /**
   * One group for each pipeline, each pipeline type, or each level of the tree; for each pipeline, if left out.
   * @example pipeline
   */
  @Optional()
  @OneOf(ROLLUP_BY, 'RollupBy')
  by?: RollupBy = 'pipeline';
}

/** What executions come to together. A count that an execution did not report counts as 0. */
export class RollupFiguresDto implements Record<Status, number> {
  /**
   * How many executions.
   * @example 12
   */
  @ApiProperty(COUNT)
  executions!: number;

  /**
   * How many of them have succeeded.
   * @example 10
   */
  @ApiProperty(COUNT)
  succeeded!: number;

  /**
   * How many of them have failed.
   * @example 1
   */
  @ApiProperty(COUNT)
  failed!: number;

  /**
   * How many of them run.
   * @example 1
   */
  @ApiProperty(COUNT)
  running!: number;

  /**
   * How many of them are expected: named as a parent, not reported yet.
   * @example 0
   */
  @ApiProperty(COUNT)
  expected!: number;

  /**
   * How many of them were aborted.
   * @example 0
   */
  @ApiProperty(COUNT)
  aborted!: number;

  /**
   * How many of them were skipped.
   * @example 0
   */
  @ApiProperty(COUNT)
  skipped!: number;

  /**
   * How many of them were lost.
   * @example 0
   */
  @ApiProperty(COUNT)
  lost!: number;

  /**
   * Rows that they handled.
   * @example 14400
   */
  @ApiProperty(SUM)
  total_rows!: number;

  /**
   * Rows that they inserted.
   * @example 12000
   */
  @ApiProperty(SUM)
  inserts!: number;

  /**
   * Rows that they updated.
   * @example 1800
   */
  @ApiProperty(SUM)
  updates!: number;

  /**
   * Rows that they soft-deleted.
   * @example 600
   */
  @ApiProperty(SUM)
  soft_deletes!: number;

  /**
   * The sum of their durations, in seconds, to the millisecond; of one that runs, so far. A parent's duration holds its
   * children's, and children may run side by side: it is no wall time.
   * @example 7200
   */
  @ApiProperty(MEASURE)
  total_seconds!: number;

  /**
   * The sum of their own times, in seconds: of each, the time in which none of its children ran.
   * @example 3600
   */
  @ApiProperty(MEASURE)
  self_seconds!: number;

  /**
   * The longest of their durations, in seconds.
   * @example 900
   */
  @ApiProperty(MEASURE)
  max_seconds!: number;

  /**
   * Their part of the `self_seconds` of the whole tree, in per cent, so that all groups make 100; null where that is 0.
   * @example 50
   */
  @ApiProperty(MEASURE)
  share!: number | null;
}

/** One group; of the fields before the figures only those that it is grouped by are there. */
export class RollupGroupDto extends RollupFiguresDto {
  /**
   * The pipeline; with `by=pipeline`.
   * @example 1
   */
  @ApiProperty(ID)
  pipeline_id?: number;

  /**
   * Its name; with `by=pipeline`.
   * @example "load customers"
   */
  @ApiProperty(NAME)
  pipeline_name?: string;

  /**
   * The pipeline type; with `by=pipeline_type`, and with `by=pipeline` that of the pipeline.
   * @example 1
   */
  @ApiProperty(ID)
  pipeline_type_id?: number;

  /**
   * Its name.
   * @example ingestion
   */
  @ApiProperty(NAME)
  pipeline_type_name?: string;

  /**
   * The level, 0 for the execution that was asked about; with `by=depth`.
   * @example 1
   */
  @ApiProperty(DEPTH)
  depth?: number;
}

/** A tree, summed up by groups. */
export class RollupDto extends TruncatedDto {
  /**
   * The execution that was asked about.
   * @example 41
   */
  @ApiProperty(ID)
  execution_id!: number;

  /**
   * What it is summed up by.
   * @example pipeline
   */
  @ApiProperty({ enum: ROLLUP_BY, enumName: 'RollupBy' })
  by!: RollupBy;

  /**
   * Its status, as in the execution itself.
   * @example running
   */
  @ApiProperty({ enum: STATUSES, enumName: 'ExecutionStatus' })
  status!: Status;

  /**
   * The moment of the answer (UTC), up to which the executions that run are counted.
   * @example 2026-01-31T02:10:00.000Z
   */
  @ApiProperty(INSTANT)
  as_of!: string;

  /** All of it together, the execution itself included. */
  @ApiProperty()
  whole!: RollupFiguresDto;

  /** The one with the most `self_seconds` first; with `by=depth` from the top down. */
  @ApiProperty()
  groups!: RollupGroupDto[];
}
