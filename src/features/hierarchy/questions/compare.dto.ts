import { ApiProperty } from '@nestjs/swagger';
import { COUNT, ID, INSTANT, MEASURE, NAME } from '../../../platform/http/fields.js';
import { type Status, STATUSES } from '../../execution/execution-status.js';
import { DEPTH } from '../hierarchy.dto.js';
import { TruncatedDto } from './truncated.dto.js';

export const CHANGES = [
  'added',
  'removed',
  'failed_here',
  'failed_there',
  'slower',
  'faster',
  'same',
  'running',
  'not_comparable',
] as const;
export type Change = (typeof CHANGES)[number];

/** One execution of a pair. */
export class ComparedExecutionDto {
  /**
   * The execution.
   * @example 42
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
   * Its duration, in seconds to the millisecond; the time so far while it runs.
   * @example 600
   */
  @ApiProperty(MEASURE)
  seconds!: number;
}

/** A pair of matching executions, or one execution without a counterpart. */
export class ComparisonEntryDto {
  /**
   * The pipeline of both. The tops may differ in pipeline: for them it is the pipeline of `execution`.
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
   * The level below the top; 0 for the tops.
   * @example 1
   */
  @ApiProperty(DEPTH)
  depth!: number;

  /**
   * The position among the runs of the pipeline below the same parent, by start: 1 for the first, 2 for its first
   * retry.
   * @example 1
   */
  @ApiProperty({ ...DEPTH, minimum: 1 })
  position!: number;

  /** The execution in the tree of `id`; null if there is none. */
  @ApiProperty({ type: () => ComparedExecutionDto, nullable: true })
  execution!: ComparedExecutionDto | null;

  /** The execution in the tree of `other_id`; null if there is none. */
  @ApiProperty({ type: () => ComparedExecutionDto, nullable: true })
  other!: ComparedExecutionDto | null;

  /**
   * The duration of `execution` divided by that of `other`: 2 means twice as long. Null if one is missing or
   * neither succeeded nor failed, or if `other` took 0 seconds.
   * @example 1.5
   */
  @ApiProperty(MEASURE)
  ratio!: number | null;

  /**
   * The difference. `added`: only in the tree of `id`. `removed`: only in the tree of `other_id`. `failed_here`: failed
   * only in the tree of `id`. `failed_there`: failed only in the tree of `other_id`. If both succeeded or both failed, by
   * duration: `slower` (`execution` took at least a tenth longer), `faster` (`other` took at least a tenth longer) or
   * `same`. Otherwise: `running` if one of them is running or expected, `same` if both were skipped, both aborted or
   * both lost, and `not_comparable` if their statuses differ.
   * @example slower
   */
  @ApiProperty({ enum: CHANGES, enumName: 'ComparisonChange' })
  change!: Change;
}

/** The number of pairs of each kind. */
export class ComparisonSummaryDto implements Record<Change, number> {
  /**
   * Number of executions only in the tree of `id`.
   * @example 0
   */
  @ApiProperty(COUNT)
  added!: number;

  /**
   * Number of executions only in the tree of `other_id`.
   * @example 0
   */
  @ApiProperty(COUNT)
  removed!: number;

  /**
   * Number of pairs that failed only in the tree of `id`.
   * @example 1
   */
  @ApiProperty(COUNT)
  failed_here!: number;

  /**
   * Number of pairs that failed only in the tree of `other_id`.
   * @example 0
   */
  @ApiProperty(COUNT)
  failed_there!: number;

  /**
   * Number of pairs in which `execution` took at least a tenth longer.
   * @example 1
   */
  @ApiProperty(COUNT)
  slower!: number;

  /**
   * Number of pairs in which `other` took at least a tenth longer.
   * @example 0
   */
  @ApiProperty(COUNT)
  faster!: number;

  /**
   * Number of pairs without such a difference, or both skipped, both aborted or both lost.
   * @example 3
   */
  @ApiProperty(COUNT)
  same!: number;

  /**
   * Number of pairs of which one is running or expected, and none failed.
   * @example 0
   */
  @ApiProperty(COUNT)
  running!: number;

  /**
   * Number of pairs of which one was skipped, aborted or lost and the other ended with another status, and none failed.
   * @example 0
   */
  @ApiProperty(COUNT)
  not_comparable!: number;
}

/** A comparison of two runs. */
export class ComparisonDto extends TruncatedDto {
  /**
   * The requested execution: the top of the tree of `execution`.
   * @example 41
   */
  @ApiProperty(ID)
  execution_id!: number;

  /**
   * The execution to compare it with: the top of the tree of `other`.
   * @example 31
   */
  @ApiProperty(ID)
  other_id!: number;

  /**
   * The time of the response (UTC); running executions count up to this time.
   * @example 2026-01-31T02:10:00.000Z
   */
  @ApiProperty(INSTANT)
  as_of!: string;

  /** The number of entries of each kind. */
  @ApiProperty()
  summary!: ComparisonSummaryDto;

  /** The tops first, parents before their children, siblings by start. */
  @ApiProperty()
  entries!: ComparisonEntryDto[];
}
