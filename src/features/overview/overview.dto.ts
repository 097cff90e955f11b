import { ApiProperty } from '@nestjs/swagger';
import { COUNT, ID, INSTANT, Matching, MEASURE, NAME, Optional } from '../../platform/http/fields.js';

/** A column; its example is short. */
const column = (items: object, example: readonly unknown[]) =>
  ({ type: 'array', items, minItems: 48, maxItems: 48, example: [...example] }) as const;

/** The window of an overview. */
export class OverviewQuery {
  /**
   * The window of the buckets in hours, from `1h` to `168h`.
   * @example 24h
   */
  @Optional()
  @Matching(/^([1-9]\d?|1[0-5]\d|16[0-8])h$/, 'hours from 1h to 168h')
  window?: string = '24h';
}

/** A running execution without a parent. */
export class RunningRootDto {
  /**
   * Its id.
   * @example 42
   */
  @ApiProperty(ID)
  id!: number;

  /**
   * Its pipeline.
   * @example 1
   */
  @ApiProperty(ID)
  pipeline_id!: number;

  /**
   * The name of its pipeline.
   * @example "Nightly"
   */
  @ApiProperty(NAME)
  pipeline_name!: string;

  /**
   * Its start (UTC).
   * @example 2026-01-31T02:00:00.000Z
   */
  @ApiProperty(INSTANT)
  start_date!: string;

  /**
   * The time from which it is late (UTC); null without a threshold.
   * @example 2026-01-31T02:30:00.000Z
   */
  @ApiProperty({ ...INSTANT, nullable: true })
  deadline!: string | null;

  /**
   * The median duration of the last 20 successes of its pipeline, in milliseconds; null without a success.
   * @example 600000
   */
  @ApiProperty({ ...MEASURE, nullable: true })
  usual_ms!: number | null;

  /**
   * Its start plus the usual duration (UTC).
   * @example 2026-01-31T02:10:00.000Z
   */
  @ApiProperty({ ...INSTANT, nullable: true })
  expected_end!: string | null;

  /**
   * Whether it is past its deadline.
   * @example false
   */
  @ApiProperty()
  late!: boolean;
}

/** What runs now. */
export class RunningDto {
  /**
   * The number of running executions, at most 10,000.
   * @example 12
   */
  @ApiProperty({ ...COUNT, maximum: 10_000 })
  count!: number;

  /**
   * True if there may be more.
   * @example false
   */
  @ApiProperty()
  capped!: boolean;

  /**
   * The number of those past their deadline, at most 10,000.
   * @example 1
   */
  @ApiProperty({ ...COUNT, maximum: 10_000 })
  late!: number;

  /** The running roots, newest first, at most 50. */
  roots!: RunningRootDto[];
}

/** The open incidents of one kind. */
export class OpenIncidentsDto {
  /**
   * The kind, as in an incident.
   * @example failure
   */
  kind!: string;

  /**
   * How many are open.
   * @example 2
   */
  @ApiProperty(COUNT)
  open!: number;

  /**
   * How many of them someone has acknowledged.
   * @example 1
   */
  @ApiProperty(COUNT)
  acknowledged!: number;

  /**
   * How many of them are critical.
   * @example 2
   */
  @ApiProperty(COUNT)
  critical!: number;
}

/** What is wrong now. */
export class OverviewIncidentsDto {
  /**
   * The number of open incidents.
   * @example 3
   */
  @ApiProperty(COUNT)
  open!: number;

  /**
   * How many of them someone has acknowledged.
   * @example 1
   */
  @ApiProperty(COUNT)
  acknowledged!: number;

  /** The kinds with open incidents. */
  by_kind!: OpenIncidentsDto[];
}

/** A window in 48 intervals of the same length, oldest first, as columns. */
export class BucketsDto {
  /**
   * The length of an interval in seconds.
   * @example 1800
   */
  @ApiProperty(MEASURE)
  seconds!: number;

  /** The beginnings of the intervals (UTC). */
  @ApiProperty(column(INSTANT, ['2026-01-30T08:30:00.000Z']))
  start!: string[];

  /** How many executions started in each. */
  @ApiProperty(column(COUNT, [40]))
  started!: number[];

  /** How many of these have failed. */
  @ApiProperty(column(COUNT, [1]))
  failed!: number[];

  /** How many executions ran at the end of each; null if more than 10,000 run now. */
  @ApiProperty(column({ ...COUNT, nullable: true }, [12]))
  running!: (number | null)[];
}

/** What runs, what is wrong, and what happened in the last hours. */
export class OverviewDto {
  /**
   * The time of the answer (UTC).
   * @example 2026-01-31T08:10:00.000Z
   */
  @ApiProperty(INSTANT)
  as_of!: string;

  /**
   * The length of the window in seconds.
   * @example 86400
   */
  @ApiProperty(COUNT)
  window_seconds!: number;

  /** What runs now. */
  @ApiProperty()
  running!: RunningDto;

  /** What is wrong now. */
  @ApiProperty()
  incidents!: OverviewIncidentsDto;

  /** What happened. */
  @ApiProperty()
  buckets!: BucketsDto;

  /**
   * Null if the window was counted in full. Otherwise it has too many executions: the buckets count the newest 100,000
   * starts, failures and ends, those after this time (UTC).
   * @example null
   */
  @ApiProperty({ ...INSTANT, nullable: true, example: null })
  counted_from!: string | null;
}
