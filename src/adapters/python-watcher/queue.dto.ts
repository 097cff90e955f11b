import { ApiProperty } from '@nestjs/swagger';
import { COUNT } from '../../platform/http/fields.js';
import { OptionalBody } from '../../platform/http/request-validation.pipe.js';

/** The counters of the older service. */
export const TASKS = [
  'detect_anomalies_task',
  'timeliness_check_task',
  'freshness_check_task',
  'address_lineage_closure_rebuild_task',
  'pipeline_execution_closure_maintain_task',
  'scheduled_freshness_check',
  'scheduled_timeliness_check',
  'scheduled_queue_health_check',
  'unknown',
] as const;

/** No field: the body may be left out. */
export class MonitorQueueDto extends OptionalBody {}

/** The background work that waits. */
export class QueueReportDto {
  /**
   * Always `success`.
   * @example success
   */
  @ApiProperty({ type: 'string', enum: ['success'] })
  status!: 'success';

  /**
   * How much waits in all: alerts to be sent, and jobs that are due.
   * @example 3
   */
  @ApiProperty(COUNT)
  total_pending!: number;

  /**
   * The same without what a schedule added.
   * @example 2
   */
  @ApiProperty(COUNT)
  regular_queue_pending!: number;

  /**
   * What a schedule added: checks and sweeps.
   * @example 1
   */
  @ApiProperty(COUNT)
  scheduled_queue_pending!: number;

  /**
   * The same as `scheduled_queue_pending`.
   * @example 1
   */
  @ApiProperty(COUNT)
  beat_scheduled_tasks!: number;

  /**
   * The counters above 0, as text.
   * @example ["Scheduled Timeliness Check: 1", "Unknown: 2"]
   */
  @ApiProperty({ type: 'array', items: { type: 'string' } })
  task_breakdown!: string[];

  /**
   * The counters of the older service; the work that it did not have is in `unknown`.
   * @example {"scheduled_timeliness_check": 1, "unknown": 2}
   */
  @ApiProperty({ type: 'object', additionalProperties: COUNT })
  task_breakdown_raw!: Record<(typeof TASKS)[number], number>;
}
