import { ApiProperty } from '@nestjs/swagger';
import {
  Clearable,
  Count,
  CutText,
  Flag,
  Happened,
  Id,
  ID,
  Metadata,
  Name,
  OneOf,
  Optional,
  Text,
  Whole,
} from '../../platform/http/fields.js';
import { OptionalPatchBody } from '../../platform/http/request-validation.pipe.js';
import { Watermark } from '../pipeline/watermark.dto.js';
import { REPORTED_ENDS, type ReportedEnd } from './execution-status.js';
import { ATTEMPT } from './execution.dto.js';

/** An execution that starts. */
export class StartExecutionDto {
  /**
   * The pipeline that runs.
   * @example 1
   */
  @Id()
  pipeline_id!: number;

  /**
   * When it started, ISO 8601 (UTC where no offset is given), from 1970 on and at most 24 hours ahead; now, if left out.
   * @example 2026-01-31T02:00:00Z
   */
  @Optional()
  @Happened()
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
  @Happened()
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
