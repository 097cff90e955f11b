import { ApiProperty } from '@nestjs/swagger';
import { COUNT, ID, INSTANT, MEASURE, NAME, OneOf, Optional, QueryId } from '../../platform/http/fields.js';
import { PageQuery } from '../../platform/http/page.js';
import type { Direction } from './anomaly.entity.js';
import { type Metric, METRICS } from './metric.js';
import { type Group, GROUPS } from './slots.js';

const STATUSES = ['open', 'dismissed'] as const;
type AnomalyStatus = (typeof STATUSES)[number];

const METRIC = { enum: METRICS, enumName: 'AnomalyMetric' } as const;

/** Filters and paging of the list of anomalies. */
export class ListAnomaliesQuery extends PageQuery {
  /**
   * Only anomalies of this pipeline.
   * @example 1
   */
  @Optional()
  @QueryId()
  pipeline_id?: number;

  /**
   * Only anomalies of runs in the tree of this root.
   * @example 41
   */
  @Optional()
  @QueryId()
  root_id?: number;

  /**
   * Only anomalies of this metric.
   * @example total_rows
   */
  @Optional()
  @OneOf(METRICS, 'AnomalyMetric')
  metric?: Metric;

  /**
   * Only those that were dismissed, or only the others.
   * @example open
   */
  @Optional()
  @OneOf(STATUSES, 'AnomalyStatus')
  status?: AnomalyStatus;
}

/** The bounds of a metric, and the runs that they come from. */
export class ExpectedMetricDto {
  /**
   * The metric. `total_rows` is the sum of the other counts where a run reports no total.
   * @example total_rows
   */
  @ApiProperty(METRIC)
  metric!: Metric;

  /**
   * The expected value.
   * @example 10900
   */
  @ApiProperty(MEASURE)
  expected!: number;

  /**
   * The least usual value.
   * @example 9800
   */
  @ApiProperty(MEASURE)
  lower!: number;

  /**
   * The greatest usual value.
   * @example 12100
   */
  @ApiProperty(MEASURE)
  upper!: number;

  /**
   * Which runs count: `all`, or those on the same kind of day, the same weekday or in the same hour.
   * @example hour_weekday
   */
  @ApiProperty({ enum: GROUPS, enumName: 'AnomalyGroup' })
  group!: Group;

  /**
   * The number of runs that gave the expected value, at most 8.
   * @example 8
   */
  @ApiProperty(COUNT)
  runs!: number;
}

/** An unusual value of a successful run. */
export class AnomalyDto extends ExpectedMetricDto {
  /**
   * Its id.
   * @example 5
   */
  @ApiProperty(ID)
  id!: number;

  /**
   * The run.
   * @example 42
   */
  @ApiProperty(ID)
  execution_id!: number;

  /**
   * The pipeline of the run.
   * @example 1
   */
  @ApiProperty(ID)
  pipeline_id!: number;

  /**
   * The name of that pipeline.
   * @example "Customer Data Pipeline"
   */
  @ApiProperty(NAME)
  pipeline_name!: string;

  /**
   * The value.
   * @example 1204
   */
  @ApiProperty(MEASURE)
  value!: number;

  /**
   * On which side of the usual values it lies.
   * @example low
   */
  @ApiProperty({ enum: ['high', 'low'], enumName: 'AnomalyDirection' })
  direction!: Direction;

  /**
   * The explanation in a sentence.
   * @example "1,204 rows; usually 9,800 to 12,100 on Mondays at 02 (8 runs)"
   */
  @ApiProperty()
  detail!: string;

  /**
   * `open`, or `dismissed` by a person.
   * @example open
   */
  @ApiProperty({ enum: STATUSES, enumName: 'AnomalyStatus' })
  status!: AnomalyStatus;

  /**
   * When it was found (UTC).
   * @example 2026-01-31T02:41:07.000Z
   */
  @ApiProperty(INSTANT)
  detected_at!: string;

  /**
   * When it was dismissed (UTC); null if it was not.
   * @example 2026-01-31T08:00:00.000Z
   */
  @ApiProperty({ ...INSTANT, nullable: true })
  dismissed_at!: string | null;
}

/** How long a run usually takes. */
export class ExpectedDurationDto {
  /**
   * The pipeline of the executions that it runs under; null for all runs.
   * @example 3
   */
  @ApiProperty({ ...ID, nullable: true })
  parent_pipeline_id!: number | null;

  /**
   * The expected duration in seconds.
   * @example 600
   */
  @ApiProperty(MEASURE)
  expected_seconds!: number;

  /**
   * A run is slow after this many seconds.
   * @example 900
   */
  @ApiProperty(MEASURE)
  slow_after_seconds!: number;

  /**
   * The number of runs that it was learned from.
   * @example 200
   */
  @ApiProperty(COUNT)
  runs!: number;

  /**
   * When it was learned (UTC).
   * @example 2026-01-31T02:41:07.000Z
   */
  @ApiProperty(INSTANT)
  updated_at!: string;
}

/** What is usual for the runs of a pipeline. */
export class PipelineExpectationDto {
  /**
   * The pipeline.
   * @example 1
   */
  @ApiProperty(ID)
  pipeline_id!: number;

  /**
   * The number of successes that are known, at most 200.
   * @example 200
   */
  @ApiProperty(COUNT)
  successes!: number;

  /**
   * Whether runs are compared: after the first 10 successes, unless the pipeline is muted, inactive or archived.
   * @example true
   */
  @ApiProperty()
  judged!: boolean;

  /** The usual values of a run that starts now; empty before the first 10 successes. */
  metrics!: ExpectedMetricDto[];

  /** The usual durations, by which running executions are slow; first that of all runs. */
  durations!: ExpectedDurationDto[];
}
