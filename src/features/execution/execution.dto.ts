import { ApiProperty } from '@nestjs/swagger';
import { COUNT, ID, INSTANT, MEASURE, METADATA, NAME, VERSION } from '../../platform/http/fields.js';
import { WATERMARK } from '../pipeline/watermark.dto.js';
import { type Status, STATUSES } from './execution-status.js';

/** An attempt number. */
export const ATTEMPT = { type: 'integer', format: 'int32', minimum: 1, maximum: 32_767 } as const;

/** An execution: one run of a pipeline. */
export class ExecutionDto {
  /**
   * Its id.
   * @example 42
   */
  @ApiProperty(ID)
  id!: number;

  /**
   * Its id as a UUID, for tools that require one: the id in hexadecimal in the last 12 digits.
   * @example 00000000-0000-8000-8000-00000000002a
   */
  @ApiProperty({ type: 'string', format: 'uuid' })
  run_id!: string;

  /**
   * The parent execution; null for a root.
   * @example 41
   */
  @ApiProperty(ID)
  parent_id!: number | null;

  /**
   * The root of its tree: its own id if it has no parent.
   * @example 41
   */
  @ApiProperty(ID)
  root_id!: number;

  /**
   * Its pipeline.
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
   * The caller's own id of the run; null if none was given.
   * @example scheduled__2026-01-31T02:00:00
   */
  @ApiProperty(NAME)
  external_id!: string | null;

  /**
   * When it started (UTC).
   * @example 2026-01-31T02:00:00.000Z
   */
  @ApiProperty(INSTANT)
  start_date!: string;

  /**
   * True if its own start was never reported; `start_date` is then the earliest start of its children.
   * @example false
   */
  @ApiProperty()
  start_date_estimated!: boolean;

  /**
   * When it ended (UTC); null while it runs. For an `expected` execution, the latest known date of its children.
   * @example 2026-01-31T02:10:00.000Z
   */
  @ApiProperty(INSTANT)
  end_date!: string | null;

  /**
   * End minus start, in seconds to the millisecond; null while it runs.
   * @example 600
   */
  @ApiProperty(MEASURE)
  duration_seconds!: number | null;

  /**
   * The time from which it is late (UTC): its start plus the timeliness threshold of its pipeline or pipeline type;
   * null without a threshold or beyond the year 9999. It follows the threshold while the execution runs and is fixed
   * after that.
   * @example 2026-01-31T02:30:00.000Z
   */
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true })
  deadline!: string | null;

  /**
   * `expected`: named as a parent, but its own start has not been reported; its dates are those of its children.
   * `running` until it ends, then `succeeded`, `failed`, `aborted` or `skipped`. `lost`: without a report for too long,
   * until its end is reported.
   * @example succeeded
   */
  @ApiProperty({ enum: STATUSES, enumName: 'ExecutionStatus' })
  status!: Status;

  /**
   * Whether it succeeded; null unless the status is `succeeded` or `failed`.
   * @example true
   */
  @ApiProperty()
  completed_successfully!: boolean | null;

  /**
   * The attempt number within the run, from 1.
   * @example 1
   */
  @ApiProperty(ATTEMPT)
  attempt!: number;

  /**
   * The execution that it repeats; null if its start named none.
   * @example 40
   */
  @ApiProperty(ID)
  retry_of!: number | null;

  /**
   * True if there is a later attempt; a superseded execution is never a root cause.
   * @example false
   */
  @ApiProperty()
  superseded!: boolean;

  /**
   * Number of rows inserted.
   * @example 1000
   */
  @ApiProperty(COUNT)
  inserts!: number | null;

  /**
   * Number of rows updated.
   * @example 150
   */
  @ApiProperty(COUNT)
  updates!: number | null;

  /**
   * Number of rows soft-deleted.
   * @example 50
   */
  @ApiProperty(COUNT)
  soft_deletes!: number | null;

  /**
   * Total number of rows processed.
   * @example 1200
   */
  @ApiProperty(COUNT)
  total_rows!: number | null;

  /**
   * Rows per second: `total_rows` divided by `duration_seconds`; null if either is missing or the duration is 0.
   * @example 2
   */
  @ApiProperty(MEASURE)
  throughput!: number | null;

  /**
   * Lower bound of the data to load: the execution's own copy.
   * @example 2026-01-30T00:00:00Z
   */
  @ApiProperty(WATERMARK)
  watermark!: string | null;

  /**
   * Upper bound of the data to load: the execution's own copy. Becomes the pipeline's `watermark` on success.
   * @example 2026-01-31T00:00:00Z
   */
  @ApiProperty(WATERMARK)
  next_watermark!: string | null;

  /**
   * The merged metadata of its start, its end and later changes.
   * @example { "dag_run": "nightly", "files": 12 }
   */
  @ApiProperty(METADATA)
  execution_metadata!: Record<string, unknown> | null;

  /**
   * The reason for the failure; null if none was reported.
   * @example "connection to the source was refused"
   */
  @ApiProperty()
  error_message!: string | null;

  /**
   * Its unusual metrics, each true, or false once it was dismissed; null if nothing was unusual.
   * @example { "total_rows": true }
   */
  @ApiProperty({ type: 'object', additionalProperties: { type: 'boolean' }, nullable: true })
  anomaly_flags!: Record<string, boolean> | null;

  /**
   * The version of the pipeline's configuration that it uses.
   * @example 1
   */
  @ApiProperty(VERSION)
  config_version!: number;
}

/** A child execution. */
export class ChildExecutionDto extends ExecutionDto {
  /** Always empty: use `/tree` for descendants. Clients of the older service expect the field. */
  @ApiProperty({ type: 'array', items: { type: 'object' }, maxItems: 0, example: [] })
  child_executions!: never[];
}

/** An execution with its direct children. */
export class ExecutionWithChildrenDto extends ExecutionDto {
  /** Its direct children, oldest first: at most 1,000 and at most 16 MB. `/children` returns all of them in pages. */
  @ApiProperty({ type: [ChildExecutionDto] })
  child_executions!: ChildExecutionDto[];

  /**
   * True if children are missing from `child_executions`; otherwise omitted.
   * @example true
   */
  @ApiProperty()
  truncated?: boolean;
}
