import { ApiProperty } from '@nestjs/swagger';
import { COUNT, Optional, Whole } from '../../platform/http/fields.js';

/** How old the executions are that are deleted. */
export class CleanUpDto {
  /**
   * Trees of executions with a sign of life (end, else heartbeat, else start) in this many days stay: whole UTC days
   * before today.
   * @example 365
   */
  @Whole({ type: 'integer', format: 'int32', minimum: 90, maximum: 100_000 })
  retention_days!: number;

  /**
   * The most executions that one transaction deletes, 10,000 by default. A larger tree has a transaction of its own.
   * @example 10000
   */
  @Optional()
  @Whole({ type: 'integer', format: 'int32', minimum: 1, maximum: 100_000 })
  batch_size?: number;

  /**
   * How many of the newest trees of each pipeline stay, however old they are; 0 by default.
   * @example 20
   */
  @Optional()
  @Whole({ type: 'integer', format: 'int32', minimum: 0, maximum: 1000 })
  keep_last?: number;
}

/** What was deleted, by the tables of the older service. */
export class CleanUpReportDto {
  /**
   * Executions.
   * @example 120
   */
  @ApiProperty(COUNT)
  total_pipeline_executions_deleted!: number;

  /**
   * Always 0: incidents take the place of this log, and are deleted with their execution.
   * @example 0
   */
  @ApiProperty(COUNT)
  total_timeliness_pipeline_execution_logs_deleted!: number;

  /**
   * Anomalies of these executions.
   * @example 2
   */
  @ApiProperty(COUNT)
  total_anomaly_detection_results_deleted!: number;

  /**
   * Pairs of an execution and one above it.
   * @example 100
   */
  @ApiProperty(COUNT)
  total_pipeline_execution_closure_parent_deleted!: number;

  /**
   * Always 0: whole trees are deleted, so no pair is left after those above.
   * @example 0
   */
  @ApiProperty(COUNT)
  total_pipeline_execution_closure_child_deleted!: number;

  /**
   * Always 0: there is no such table.
   * @example 0
   */
  @ApiProperty(COUNT)
  total_freshness_pipeline_logs_deleted!: number;
}
