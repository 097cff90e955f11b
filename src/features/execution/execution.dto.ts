import { ApiProperty } from '@nestjs/swagger';
import {
  Clearable,
  Count,
  COUNT,
  CutText,
  Flag,
  Id,
  ID,
  Instant,
  INSTANT,
  MEASURE,
  Metadata,
  METADATA,
  Name,
  NAME,
  OneOf,
  Optional,
  QueryFlag,
  QueryId,
  SomeOf,
  Text,
  VERSION,
  Whole,
} from '../../platform/http/fields.js';
import { OptionalPatchBody } from '../../platform/http/request-validation.pipe.js';
import { PageQuery } from '../../platform/http/page.js';
import { Watermark, WATERMARK } from '../pipeline/watermark.dto.js';
import { REPORTED_ENDS, type ReportedEnd, type Status, STATUSES } from './execution-status.js';

/** The number of an attempt. */
const ATTEMPT = { type: 'integer', format: 'int32', minimum: 1, maximum: 32_767 } as const;

/** An execution that starts. */
export class StartExecutionDto {
  /**
   * The pipeline that runs.
   * @example 1
   */
  @Id()
  pipeline_id!: number;

  /**
   * When it started, ISO 8601 (UTC where no offset is given); now, if left out.
   * @example 2026-01-31T02:00:00Z
   */
  @Optional()
  @Instant()
  start_date?: Date;

  /**
   * From where it loads; the pipeline's `watermark` at this moment, if left out. Kept as text.
   * @example 2026-01-30T00:00:00Z
   */
  @Optional()
  @Watermark()
  watermark?: string;

  /**
   * Up to where it loads; if left out, the pipeline's `next_watermark` at this moment, or null where the pipeline's
   * `watermark` has moved since that was set. Kept as text.
   * @example 2026-01-31T00:00:00Z
   */
  @Optional()
  @Watermark()
  next_watermark?: string;

  /**
   * The execution that this one runs under.
   * @example 41
   */
  @Optional()
  @Id()
  parent_id?: number;

  /**
   * The same as `parent_id`.
   * @example 41
   */
  @Optional()
  @Id()
  parent_execution_id?: number;

  /**
   * The caller's own id of the run that this one runs under, in place of `parent_id`: the latest attempt at it. With
   * `parent_pipeline_id` or `parent_pipeline_name`. A run that has not been reported yet is `expected` from then on, and
   * the start that has this `external_id` turns it into a running one.
   * @example scheduled__2026-01-31T01:00:00
   */
  @Optional()
  @Text(1, 255)
  parent_external_id?: string;

  /**
   * The pipeline of that run.
   * @example 2
   */
  @Optional()
  @Id()
  parent_pipeline_id?: number;

  /**
   * The name of that pipeline, in place of its id.
   * @example "Nightly"
   */
  @Optional()
  @Name()
  parent_pipeline_name?: string;

  /**
   * The caller's own id of the run, 1 to 255 characters. A second start with the same pipeline, `external_id` and
   * `attempt` finds the first one and writes nothing.
   * @example scheduled__2026-01-31T02:00:00
   */
  @Optional()
  @Text(1, 255)
  external_id?: string;

  /**
   * Which attempt at the run with this `external_id` it is; 1, if left out. Attempts before the highest are `superseded`.
   * @example 1
   */
  @Optional()
  @Whole(ATTEMPT)
  attempt?: number;

  /**
   * An execution that this one repeats: of the same pipeline and under the same parent, and ended. It becomes the
   * attempt after the highest there is. The parent may be left out.
   * @example 40
   */
  @Optional()
  @Id()
  retry_of?: number;

  /**
   * Anything to keep with the execution: a JSON object, at most 256 kB.
   * @example { "dag_run": "nightly" }
   */
  @Optional()
  @Metadata()
  execution_metadata?: Record<string, unknown>;
}

/** The execution that was started. */
export class StartedExecutionDto {
  /**
   * Its id.
   * @example 42
   */
  @ApiProperty(ID)
  id!: number;
}

/** An execution that ends. */
export class EndExecutionDto {
  /**
   * The execution.
   * @example 42
   */
  @Id()
  id!: number;

  /**
   * When it ended, ISO 8601 (UTC where no offset is given); if left out, now, or the start where that is later. Up to 5
   * minutes before the start is taken as equal to it, because clocks differ; earlier is refused.
   * @example 2026-01-31T02:10:00Z
   */
  @Optional()
  @Instant()
  end_date?: Date;

  /**
   * Whether it did what it was meant to; may be left out where `status` says it.
   * @example true
   */
  @Optional()
  @Flag()
  completed_successfully?: boolean;

  /**
   * How it ended, in place of `completed_successfully`. `aborted`: it was stopped; `skipped`: there was nothing for it to
   * do. Neither moves anything of the pipeline, and neither is a failure. Where both fields are given and don't agree,
   * the end is refused with 422.
   * @example succeeded
   */
  @Optional()
  @OneOf(REPORTED_ENDS, 'ReportedEnd')
  status?: ReportedEnd;

  /**
   * Rows that it handled in all.
   * @example 1200
   */
  @Optional()
  @Count()
  total_rows?: number;

  /**
   * Rows that it inserted.
   * @example 1000
   */
  @Optional()
  @Count()
  inserts?: number;

  /**
   * Rows that it updated.
   * @example 150
   */
  @Optional()
  @Count()
  updates?: number;

  /**
   * Rows that it soft-deleted.
   * @example 50
   */
  @Optional()
  @Count()
  soft_deletes?: number;

  /**
   * Merged over the metadata of the start, key by key: a JSON object, at most 256 kB.
   * @example { "files": 12 }
   */
  @Optional()
  @Metadata()
  execution_metadata?: Record<string, unknown>;

  /**
   * Up to where it has loaded, where that differs from what its start said; the pipeline's `watermark` moves here when
   * it succeeds. Kept as text.
   * @example 2026-01-31T00:00:00Z
   */
  @Optional()
  @Watermark()
  next_watermark?: string;

  /**
   * Why it failed; cut at 100,000 characters.
   * @example "connection to the source was refused"
   */
  @Optional()
  @CutText(100_000)
  error_message?: string;
}

/** What has become known of an execution since it was reported; what is left out stays as it is. */
export class PatchExecutionDto extends OptionalPatchBody {
  /**
   * The execution that it runs under; null makes it the top of a tree. Everything below it moves along.
   * @example 41
   */
  @Clearable()
  @Id()
  parent_id?: number | null;

  /**
   * The caller's own id of the run that it runs under, in place of `parent_id`, as at the start; with
   * `parent_pipeline_id` or `parent_pipeline_name`.
   * @example scheduled__2026-01-31T01:00:00
   */
  @Optional()
  @Text(1, 255)
  parent_external_id?: string;

  /**
   * The pipeline of that run.
   * @example 2
   */
  @Optional()
  @Id()
  parent_pipeline_id?: number;

  /**
   * The name of that pipeline, in place of its id.
   * @example "Nightly"
   */
  @Optional()
  @Name()
  parent_pipeline_name?: string;

  /**
   * Merged over the metadata that is there, key by key: a JSON object, at most 256 kB. Null clears it.
   * @example { "ticket": "OPS-7" }
   */
  @Clearable()
  @Metadata()
  execution_metadata?: Record<string, unknown> | null;
}

/** Which executions, and how paged. */
export class ListExecutionsQuery extends PageQuery {
  /**
   * Only executions of this pipeline.
   * @example 1
   */
  @Optional()
  @QueryId()
  pipeline_id?: number;

  /**
   * Only executions of the pipeline of this name (compared without case).
   * @example "Customer Data Pipeline"
   */
  @Optional()
  @Name()
  pipeline_name?: string;

  /**
   * Only executions of pipelines of this type (compared without case).
   * @example extraction
   */
  @Optional()
  @Name()
  pipeline_type_name?: string;

  /**
   * Only executions in this state; repeated, in one of these.
   * @example ["failed"]
   */
  @Optional()
  @SomeOf(STATUSES, 'ExecutionStatus')
  status?: Status[];

  /**
   * Only executions with this id of the caller's own.
   * @example scheduled__2026-01-31T02:00:00
   */
  @Optional()
  @Text(1, 255)
  external_id?: string;

  /**
   * Only direct children of this execution.
   * @example 41
   */
  @Optional()
  @QueryId()
  parent_id?: number;

  /**
   * True: only executions without a parent; false: only those with one.
   * @example true
   */
  @Optional()
  @QueryFlag()
  root?: boolean;

  /**
   * Only executions that started at this moment or later, ISO 8601.
   * @example 2026-01-31T00:00:00Z
   */
  @Optional()
  @Instant()
  start_date_gte?: Date;

  /**
   * Only executions that started before this moment, ISO 8601.
   * @example 2026-02-01T00:00:00Z
   */
  @Optional()
  @Instant()
  start_date_lt?: Date;

  /**
   * Only executions that ended at this moment or later, ISO 8601.
   * @example 2026-01-31T00:00:00Z
   */
  @Optional()
  @Instant()
  end_date_gte?: Date;

  /**
   * By start: `desc`, newest first, or `asc`, oldest first. A cursor belongs to the order in which it was given.
   * @example desc
   */
  @Optional()
  @OneOf(['desc', 'asc'], 'Order')
  order?: 'desc' | 'asc' = 'desc';
}

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
  /** Its direct children, oldest first; at most 1,000 (`/children` pages through them all). */
  @ApiProperty({ type: [ChildExecutionDto] })
  child_executions!: ChildExecutionDto[];
}
