import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { type Metric, METRICS } from '../../features/anomalies/metric.js';
import { Flag, Id, ID, INSTANT, must, OneOf, Optional, Whole } from '../../platform/http/fields.js';
import { PatchBody } from '../../platform/http/request-validation.pipe.js';

const Z_THRESHOLD = { type: 'number', format: 'double', minimum: 1, maximum: 10 } as const;
const LOOKBACK = { type: 'integer', format: 'int32', minimum: 1, maximum: 365 } as const;
const MINIMUM = { type: 'integer', format: 'int32', minimum: 5, maximum: 1000 } as const;

/** The older service lowers text before it checks it. */
const Lowered = (): PropertyDecorator =>
  Transform(({ value }) => (typeof value === 'string' ? value.trim().toLowerCase() : (value as unknown)));

const isThreshold = (value: unknown): boolean => typeof value === 'number' && value >= 1 && value <= 10;

/** A rule to get or create, with the defaults of the older service. */
export class CreateAnomalyRuleDto {
  /**
   * The pipeline.
   * @example 1
   */
  @Id()
  pipeline_id!: number;

  /**
   * The metric.
   * @example total_rows
   */
  @Lowered()
  @OneOf(METRICS, 'AnomalyMetric')
  metric_field!: Metric;

  /**
   * The bounds lie a third of this times as far from the expected value as without a rule; 3 by default.
   * @example 3
   */
  @Optional()
  @must('z_threshold', 'a number from 1 to 10', isThreshold)
  @ApiProperty(Z_THRESHOLD)
  z_threshold?: number;

  /**
   * Only runs of so many days before are compared, but at least 10 runs; 30 by default.
   * @example 30
   */
  @Optional()
  @Whole(LOOKBACK)
  lookback_days?: number;

  /**
   * The metric is not judged before so many runs are known, of the last 200; 30 by default.
   * @example 30
   */
  @Optional()
  @Whole(MINIMUM)
  minimum_executions?: number;

  /**
   * Whether the rule applies; true by default.
   * @example true
   */
  @Optional()
  @Flag()
  active?: boolean;
}

/** Only the fields in the body change. */
export class PatchAnomalyRuleDto extends PatchBody {
  /**
   * The rule.
   * @example 1
   */
  @Id()
  id!: number;

  /**
   * The pipeline.
   * @example 1
   */
  @Optional()
  @Id()
  pipeline_id?: number;

  /**
   * The metric.
   * @example total_rows
   */
  @Optional()
  @Lowered()
  @OneOf(METRICS, 'AnomalyMetric')
  metric_field?: Metric;

  /**
   * The bounds lie a third of this times as far from the expected value as without a rule.
   * @example 3
   */
  @Optional()
  @must('z_threshold', 'a number from 1 to 10', isThreshold)
  @ApiProperty(Z_THRESHOLD)
  z_threshold?: number;

  /**
   * Only runs of so many days before are compared, but at least 10 runs.
   * @example 30
   */
  @Optional()
  @Whole(LOOKBACK)
  lookback_days?: number;

  /**
   * The metric is not judged before so many runs are known, of the last 200.
   * @example 30
   */
  @Optional()
  @Whole(MINIMUM)
  minimum_executions?: number;

  /**
   * Whether the rule applies.
   * @example true
   */
  @Optional()
  @Flag()
  active?: boolean;
}

/** The id of a rule. */
export class AnomalyRuleIdDto {
  /**
   * The rule.
   * @example 1
   */
  @ApiProperty(ID)
  id!: number;
}

/** A rule for a metric of a pipeline. */
export class AnomalyRuleDto extends AnomalyRuleIdDto {
  /**
   * The pipeline.
   * @example 1
   */
  @ApiProperty(ID)
  pipeline_id!: number;

  /**
   * The metric.
   * @example total_rows
   */
  @ApiProperty({ enum: METRICS, enumName: 'AnomalyMetric' })
  metric_field!: Metric;

  /**
   * The threshold, with two decimals.
   * @example "3.00"
   */
  @ApiProperty({ type: 'string' })
  z_threshold!: string;

  /**
   * Days of history.
   * @example 30
   */
  @ApiProperty(LOOKBACK)
  lookback_days!: number;

  /**
   * The fewest runs.
   * @example 30
   */
  @ApiProperty(MINIMUM)
  minimum_executions!: number;

  /**
   * Whether it applies.
   * @example true
   */
  @ApiProperty()
  active!: boolean;

  /**
   * The time of its creation (UTC).
   * @example 2026-01-01T08:00:00.000Z
   */
  @ApiProperty(INSTANT)
  created_at!: string;

  /**
   * The time of its last change (UTC); null before the first.
   * @example 2026-01-01T08:00:00.000Z
   */
  @ApiProperty({ ...INSTANT, nullable: true })
  updated_at!: string | null;
}

/** The metrics of a run that were right after all. */
export class UnflagAnomalyDto {
  /**
   * The pipeline of the run.
   * @example 1
   */
  @Id()
  pipeline_id!: number;

  /**
   * The run.
   * @example 42
   */
  @Id()
  pipeline_execution_id!: number;

  /**
   * The metrics to dismiss; those that are not flagged are ignored.
   * @example ["total_rows"]
   */
  @must(
    'metrics',
    `a list of ${METRICS.join(', ')}`,
    (value) => Array.isArray(value) && value.length <= 100 && value.every((item) => METRICS.includes(item as Metric)),
  )
  @ApiProperty({ enum: METRICS, enumName: 'AnomalyMetric', isArray: true })
  metric_field!: Metric[];
}
