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
] as const;
export type Change = (typeof CHANGES)[number];

/** One side of a pair. */
export class ComparedExecutionDto {
  /**
   * The execution.
   * @example 42
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
   * How long it took, in seconds, to the millisecond; so far, while it runs.
   * @example 600
   */
  @ApiProperty(MEASURE)
  seconds!: number;
}

/** Two executions that stand for each other, or one without a counterpart. */
export class ComparisonEntryDto {
  /**
   * The pipeline of both (of the tops, which are compared whatever they run: that of `execution`).
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
   * The levels below the tops, which have 0.
   * @example 1
   */
  @ApiProperty(DEPTH)
  depth!: number;

  /**
   * Which run of the pipeline below the same parent, by their start: 1 for the first, 2 for its first retry.
   * @example 1
   */
  @ApiProperty({ ...DEPTH, minimum: 1 })
  position!: number;

  /** The one in the tree of `id`; null where it has none. */
  @ApiProperty({ type: () => ComparedExecutionDto, nullable: true })
  execution!: ComparedExecutionDto | null;

  /** The one in the tree of `other_id`; null where it has none. */
  @ApiProperty({ type: () => ComparedExecutionDto, nullable: true })
  other!: ComparedExecutionDto | null;

  /**
   * The seconds of `execution` over those of `other`: 2 is twice as long. Null where one is missing or `other` took 0.
   * @example 1.5
   */
  @ApiProperty(MEASURE)
  ratio!: number | null;

  /**
   * What differs: `added` is only in the tree of `id`, `removed` only in that of `other_id`; `failed_here` failed in the
   * tree of `id` alone, `failed_there` in that of `other_id` alone; else by their times `slower` (`execution` took at
   * least a tenth longer), `faster` (`other` did) or `same`; `running` where that can't be told yet, because one of them
   * runs.
   * @example slower
   */
  @ApiProperty({ enum: CHANGES, enumName: 'ComparisonChange' })
  change!: Change;
}

/** How many pairs of each kind. */
export class ComparisonSummaryDto implements Record<Change, number> {
  /**
   * Only in the tree of `id`.
   * @example 0
   */
  @ApiProperty(COUNT)
  added!: number;

  /**
   * Only in the tree of `other_id`.
   * @example 0
   */
  @ApiProperty(COUNT)
  removed!: number;

  /**
   * Failed in the tree of `id` alone.
   * @example 1
   */
  @ApiProperty(COUNT)
  failed_here!: number;

  /**
   * Failed in the tree of `other_id` alone.
   * @example 0
   */
  @ApiProperty(COUNT)
  failed_there!: number;

  /**
   * Took at least a tenth longer than in the other.
   * @example 1
   */
  @ApiProperty(COUNT)
  slower!: number;

  /**
   * The other took at least a tenth longer.
   * @example 0
   */
  @ApiProperty(COUNT)
  faster!: number;

  /**
   * Neither.
   * @example 3
   */
  @ApiProperty(COUNT)
  same!: number;

  /**
   * Can't be told yet, because one of them runs.
   * @example 0
   */
  @ApiProperty(COUNT)
  running!: number;
}

/** Two runs side by side. */
export class ComparisonDto extends TruncatedDto {
  /**
   * The execution that was asked about: the top of each entry's `execution`.
   * @example 41
   */
  @ApiProperty(ID)
  execution_id!: number;

  /**
   * The execution that it is compared with: the top of each entry's `other`.
   * @example 31
   */
  @ApiProperty(ID)
  other_id!: number;

  /**
   * The moment of the answer (UTC), up to which the executions that run are counted.
   * @example 2026-01-31T02:10:00.000Z
   */
  @ApiProperty(INSTANT)
  as_of!: string;

  /** How many entries of each kind. */
  @ApiProperty()
  summary!: ComparisonSummaryDto;

  /** The tops first, parents before their children, siblings in the order of their start. */
  @ApiProperty()
  entries!: ComparisonEntryDto[];
}
