import { ApiProperty } from '@nestjs/swagger';
import { COUNT, ID, INSTANT, MEASURE, METADATA, NAME, VERSION } from '../../platform/http/fields.js';
import { WATERMARK } from '../pipeline/watermark.dto.js';
import { type Status, STATUSES } from './execution-status.js';

/** The number of an attempt. */
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
   * Its id as a UUID, for tools that want one: the id in hexadecimal, in the last 12 digits.
   * @example 00000000-0000-8000-8000-00000000002a
   */
  @ApiProperty({ type: 'string', format: 'uuid' })
  run_id!: string;

  /**
   * The execution that it runs under; null for a root.
   * @example 41
   */
  @ApiProperty(ID)
  parent_id!: number | null;

  /**
   * The top of its tree: its own id where it has no parent.
   * @example 41
   */
  @ApiProperty(ID)
  root_id!: number;

  /**
   * The pipeline that it is a run of.
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
   * The caller's own id of the run; null where it gave none.
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
   * Whether its own start was never reported: `start_date` is then the earliest of its children's.
   * @example false
   */
  @ApiProperty()
  start_date_estimated!: boolean;

  /**
   * When it ended (UTC); null while it runs. Of an `expected` one the latest date known of its children.
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
   * When it is late (UTC): its start plus the timeliness threshold of its pipeline, or of that one's type; null without
   * a threshold, or beyond the year 9999. Follows the threshold while the execution runs, stands when it has ended.
   * @example 2026-01-31T02:30:00.000Z
   */
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true })
  deadline!: string | null;

  /**
   * `expected`: named as a parent, its own start not reported yet; its dates are then those of its children. `running`
   * until it ends, then `succeeded`, `failed`, `aborted` or `skipped`; `lost` where it fell silent, until its end comes.
   * @example succeeded
   */
  @ApiProperty({ enum: STATUSES, enumName: 'ExecutionStatus' })
  status!: Status;

  /**
   * Whether it did what it was meant to; null unless it is `succeeded` or `failed`.
   * @example true
   */
  @ApiProperty()
  completed_successfully!: boolean | null;

  /**
   * Which attempt at the same run it is, from 1.
   * @example 1
   */
  @ApiProperty(ATTEMPT)
  attempt!: number;

  /**
   * The execution that it was started to repeat; null where its start named none.
   * @example 40
   */
  @ApiProperty(ID)
  retry_of!: number | null;

  /**
   * Whether there is a later attempt: it is then no root cause.
   * @example false
   */
  @ApiProperty()
  superseded!: boolean;

  /**
   * Rows that it inserted.
   * @example 1000
   */
  @ApiProperty(COUNT)
  inserts!: number | null;

  /**
   * Rows that it updated.
   * @example 150
   */
  @ApiProperty(COUNT)
  updates!: number | null;

  /**
   * Rows that it soft-deleted.
   * @example 50
   */
  @ApiProperty(COUNT)
  soft_deletes!: number | null;

  /**
   * Rows that it handled in all.
   * @example 1200
   */
  @ApiProperty(COUNT)
  total_rows!: number | null;

  /**
   * Rows a second: `total_rows` by `duration_seconds`; null where either is missing or the duration is 0.
   * @example 2
   */
  @ApiProperty(MEASURE)
  throughput!: number | null;

  /**
   * From where it loads: its own copy.
   * @example 2026-01-30T00:00:00Z
   */
  @ApiProperty(WATERMARK)
  watermark!: string | null;

  /**
   * Up to where it loads: its own copy. Becomes the pipeline's `watermark` when it succeeds.
   * @example 2026-01-31T00:00:00Z
   */
  @ApiProperty(WATERMARK)
  next_watermark!: string | null;

  /**
   * What its start and its end left with it, merged.
   * @example { "dag_run": "nightly", "files": 12 }
   */
  @ApiProperty(METADATA)
  execution_metadata!: Record<string, unknown> | null;

  /**
   * Why it failed; null where nobody said.
   * @example "connection to the source was refused"
   */
  @ApiProperty()
  error_message!: string | null;

  /**
   * The version of the pipeline's configuration that it runs with.
   * @example 1
   */
  @ApiProperty(VERSION)
  config_version!: number;
}

/** An execution below another one. */
export class ChildExecutionDto extends ExecutionDto {
  /** Always empty: `/tree` has what is below. Clients of the older service expect the field. */
  @ApiProperty({ type: 'array', items: { type: 'object' }, maxItems: 0, example: [] })
  child_executions!: never[];
}

/** An execution with its direct children. */
export class ExecutionWithChildrenDto extends ExecutionDto {
  /**
   * Its direct children, oldest first: at most 1,000, and as many as fit into 16 MB (`/children` pages through them all).
   */
  @ApiProperty({ type: [ChildExecutionDto] })
  child_executions!: ChildExecutionDto[];

  /**
   * True where children are missing from `child_executions`; else left out.
   * @example true
   */
  @ApiProperty()
  truncated?: boolean;
}
