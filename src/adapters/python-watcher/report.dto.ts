import { ApiProperty } from '@nestjs/swagger';
import { COUNT, MEASURE, NAME, Name, Optional, QueryWhole, SUM } from '../../platform/http/fields.js';
import { OptionalBody } from '../../platform/http/request-validation.pipe.js';

const NUMBER = { type: 'integer', format: 'int32', minimum: 0 } as const;
const NAMES = { type: 'array', items: NAME, maxItems: 10_000 } as const;

/** Filters and page of the daily report. */
export class DailyMetricsQuery {
  /**
   * The page, from 1.
   * @example 1
   */
  @Optional()
  @QueryWhole(1, 1_000_000)
  page?: number;

  /**
   * The most rows of a page, 50 by default.
   * @example 50
   */
  @Optional()
  @QueryWhole(1, 1000)
  page_size?: number;

  /**
   * Only the pipelines with this name.
   * @example "Nightly"
   */
  @Optional()
  @Name()
  pipeline_name?: string;

  /**
   * Only pipelines of the type with this name.
   * @example "batch"
   */
  @Optional()
  @Name()
  pipeline_type_name?: string;

  /**
   * How many days back from today, 30 by default.
   * @example 30
   */
  @Optional()
  @QueryWhole(1, 30)
  days?: number;
}

/** The type whose pipelines are listed. */
export class ReportedNamesQuery {
  /**
   * Only pipelines of the type with this name.
   * @example "batch"
   */
  @Optional()
  @Name()
  pipeline_type_name?: string;
}

/** The executions of one pipeline on one day. */
export class DailyMetricsRowDto {
  /**
   * The UTC date of their starts.
   * @example 2026-01-31
   */
  @ApiProperty({ type: 'string', format: 'date' })
  date_recorded!: string;

  /**
   * The pipeline.
   * @example "Nightly"
   */
  @ApiProperty(NAME)
  pipeline_name!: string;

  /**
   * Its type.
   * @example "batch"
   */
  @ApiProperty(NAME)
  pipeline_type_name!: string;

  /**
   * How many started.
   * @example 24
   */
  @ApiProperty(COUNT)
  total_executions!: number;

  /**
   * How many of them failed.
   * @example 1
   */
  @ApiProperty(COUNT)
  failed_executions!: number;

  /**
   * The failed ones in percent of all, to two places.
   * @example 4.17
   */
  @ApiProperty(MEASURE)
  error_percentage!: number;

  /**
   * The sum of their `inserts`; null counts as 0, here and below.
   * @example 200000
   */
  @ApiProperty(SUM)
  daily_inserts!: number;

  /**
   * The sum of their `updates`.
   * @example 40000
   */
  @ApiProperty(SUM)
  daily_updates!: number;

  /**
   * The sum of their `soft_deletes`.
   * @example 0
   */
  @ApiProperty(SUM)
  daily_soft_deletes!: number;

  /**
   * The sum of their `total_rows`.
   * @example 240000
   */
  @ApiProperty(SUM)
  daily_total_rows!: number;

  /**
   * The sum of their durations by their number, in seconds; running ones count as 0.
   * @example 57.5
   */
  @ApiProperty(MEASURE)
  avg_duration_seconds!: number;

  /**
   * The sum of `total_rows` by the sum of durations; 0 where unknown.
   * @example 173.85
   */
  @ApiProperty(MEASURE)
  daily_throughput!: number;
}

/** Which page of a report it is. */
export class ReportPaginationDto {
  /**
   * The page.
   * @example 1
   */
  @ApiProperty(NUMBER)
  page!: number;

  /**
   * The most rows of a page.
   * @example 50
   */
  @ApiProperty(NUMBER)
  page_size!: number;

  /**
   * The number of rows of all pages.
   * @example 120
   */
  @ApiProperty(COUNT)
  total_records!: number;

  /**
   * The number of pages.
   * @example 3
   */
  @ApiProperty(COUNT)
  total_pages!: number;

  /**
   * Whether a page follows.
   * @example true
   */
  @ApiProperty()
  has_next!: boolean;

  /**
   * Whether a page precedes.
   * @example false
   */
  @ApiProperty()
  has_prev!: boolean;
}

/** A page of the daily report. */
export class DailyMetricsDto {
  /** The rows: newest day first, then by the name of the pipeline. */
  data!: DailyMetricsRowDto[];

  /** Which page it is. */
  @ApiProperty()
  pagination!: ReportPaginationDto;
}

/** Names of pipelines. */
export class PipelineNamesDto {
  /**
   * The names, sorted.
   * @example ["Nightly"]
   */
  @ApiProperty(NAMES)
  pipeline_names!: string[];
}

/** Names of types. */
export class PipelineTypeNamesDto {
  /**
   * The names, sorted.
   * @example ["batch"]
   */
  @ApiProperty(NAMES)
  pipeline_type_names!: string[];
}

/** No field: the body may be left out. */
export class RefreshReportDto extends OptionalBody {}

/** What a refresh answers. There is nothing to refresh: the report is always current. */
export class RefreshDto {
  /**
   * Always `success`.
   * @example success
   */
  @ApiProperty({ type: 'string', enum: ['success'] })
  status!: 'success';

  /**
   * As in the older service.
   * @example "Materialized view refreshed successfully"
   */
  message!: string;
}
