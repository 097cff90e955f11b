import { ApiProperty } from '@nestjs/swagger';
import { COUNT, ID, INSTANT, MEASURE, NAME } from '../../../platform/http/fields.js';
import { type Status, STATUSES } from '../../execution/execution-status.js';
import { DEPTH } from '../hierarchy.dto.js';
import { TruncatedDto } from './truncated.dto.js';

export const CHANGES = [
  'added',
  'removed',
  'failed_in_this',
  'failed_in_other',
  'slower',
  'faster',
  'same',
  'running',
] as const;
export type Change = (typeof CHANGES)[number];

/** One side of a pair. */
export class SideDto {
  /**
   * The execution.
   * @example 42
   */
  @ApiProperty(ID)
  execution_id!: number;

  /**
   * Whether it runs, has succeeded or has failed.
   * @example succeeded
   */
  @ApiProperty({ type: 'string', enum: STATUSES })
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
export class EntryDto {
  /**
   * The pipeline of both (of the tops, which are compared whatever they run: that of this side).
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
  @ApiProperty({ type: () => SideDto, nullable: true })
  this!: SideDto | null;

  /** The one in the tree of `other_id`; null where it has none. */
  @ApiProperty({ type: () => SideDto, nullable: true })
  other!: SideDto | null;

  /**
   * The seconds of this over those of the other: 2 is twice as long. Null where one is missing or the other took 0.
   * @example 1.5
   */
  @ApiProperty(MEASURE)
  ratio!: number | null;

  /**
   * What differs: `added` is only in this tree, `removed` only in the other; `failed_in_this` and `failed_in_other` in
   * one of them alone; else by their times `slower` (this took at least a tenth longer), `faster` (the other did) or
   * `same`; `running` where that can't be told yet, because one of them runs.
   * @example slower
   */
  @ApiProperty({ type: 'string', enum: CHANGES })
  change!: Change;
}

/** How many pairs of each kind. */
export class ChangeCountsDto implements Record<Change, number> {
  /**
   * Only in this tree.
   * @example 0
   */
  @ApiProperty(COUNT)
  added!: number;

  /**
   * Only in the other.
   * @example 0
   */
  @ApiProperty(COUNT)
  removed!: number;

  /**
   * Failed in this tree alone.
   * @example 1
   */
  @ApiProperty(COUNT)
  failed_in_this!: number;

  /**
   * Failed in the other alone.
   * @example 0
   */
  @ApiProperty(COUNT)
  failed_in_other!: number;

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
export class CompareDto extends TruncatedDto {
  /**
   * The execution that was asked about: `this`.
   * @example 41
   */
  @ApiProperty(ID)
  execution_id!: number;

  /**
   * The execution that it is compared with: `other`.
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
  summary!: ChangeCountsDto;

  /** The tops first, parents before their children, siblings in the order of their start. */
  @ApiProperty()
  entries!: EntryDto[];
}
