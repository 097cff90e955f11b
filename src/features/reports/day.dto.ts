import { ApiProperty } from '@nestjs/swagger';
import { COUNT, ID, Matching, MEASURE, NAME, NAMESPACE, Optional, SUM, Text } from '../../platform/http/fields.js';
import { PageQuery } from '../../platform/http/page.js';

const DATE = /^(19[7-9]\d|[2-9]\d{3})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;
const DAY = { type: 'string', format: 'date' } as const;

/** The range of days, and paging. */
export class ListDaysQuery extends PageQuery {
  /**
   * Only days from this one on (UTC date).
   * @example 2026-01-01
   */
  @Optional()
  @Matching(DATE, 'a date such as 2026-01-31, from 1970 on')
  from?: string;

  /**
   * Only days up to this one, included (UTC date).
   * @example 2026-01-31
   */
  @Optional()
  @Matching(DATE, 'a date such as 2026-01-31, from 1970 on')
  to?: string;
}

/** The pipelines and the range of days, and paging. */
export class ListPipelineDaysQuery extends ListDaysQuery {
  /**
   * Only pipelines with this name (case-insensitive), in any namespace.
   * @example "Customer Data Pipeline"
   */
  @Optional()
  @Text(1, 255)
  pipeline_name?: string;

  /**
   * Only pipelines of the type with this name.
   * @example extraction
   */
  @Optional()
  @Text(1, 255)
  pipeline_type_name?: string;
}

/** The executions of a pipeline that started on one day, deleted ones included. */
export class PipelineDayDto {
  /**
   * The pipeline.
   * @example 1
   */
  @ApiProperty(ID)
  pipeline_id!: number;

  /**
   * The UTC date of their starts.
   * @example 2026-01-31
   */
  @ApiProperty(DAY)
  day!: string;

  /**
   * How many started.
   * @example 24
   */
  @ApiProperty(COUNT)
  executions!: number;

  /**
   * How many of them succeeded.
   * @example 22
   */
  @ApiProperty(COUNT)
  succeeded!: number;

  /**
   * How many failed.
   * @example 1
   */
  @ApiProperty(COUNT)
  failed!: number;

  /**
   * How many were aborted.
   * @example 0
   */
  @ApiProperty(COUNT)
  aborted!: number;

  /**
   * How many were skipped.
   * @example 0
   */
  @ApiProperty(COUNT)
  skipped!: number;

  /**
   * How many are lost.
   * @example 0
   */
  @ApiProperty(COUNT)
  lost!: number;

  /**
   * How many run or are expected.
   * @example 1
   */
  @ApiProperty(COUNT)
  open!: number;

  /**
   * The sum of their `total_rows`; null counts as 0, here and below.
   * @example 240000
   */
  @ApiProperty(SUM)
  total_rows!: number;

  /**
   * The sum of their `inserts`.
   * @example 200000
   */
  @ApiProperty(SUM)
  inserts!: number;

  /**
   * The sum of their `updates`.
   * @example 40000
   */
  @ApiProperty(SUM)
  updates!: number;

  /**
   * The sum of their `soft_deletes`.
   * @example 0
   */
  @ApiProperty(SUM)
  soft_deletes!: number;

  /**
   * The sum of their durations in seconds.
   * @example 1380.5
   */
  @ApiProperty(MEASURE)
  total_seconds!: number;

  /**
   * The longest duration in seconds.
   * @example 71.2
   */
  @ApiProperty(MEASURE)
  max_seconds!: number;
}

/** The executions of one of many pipelines on one day. */
export class NamedPipelineDayDto extends PipelineDayDto {
  /**
   * The namespace of the name of the pipeline.
   * @example ""
   */
  @ApiProperty(NAMESPACE)
  namespace!: string;

  /**
   * The name of the pipeline.
   * @example "Customer Data Pipeline"
   */
  @ApiProperty(NAME)
  pipeline_name!: string;

  /**
   * The name of its type.
   * @example extraction
   */
  @ApiProperty(NAME)
  pipeline_type_name!: string;
}
