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
  Namespace,
  OneOf,
  Optional,
  Text,
  Whole,
} from '../../platform/http/fields.js';
import { OptionalPatchBody } from '../../platform/http/request-validation.pipe.js';
import { Watermark } from '../pipeline/watermark.dto.js';
import { REPORTED_ENDS, type ReportedEnd } from './execution-status.js';
import { ATTEMPT } from './execution.dto.js';

/** A start of an execution. */
export class StartExecutionDto {
  /**
   * The pipeline that runs.
   * @example 1
   */
  @Id()
  pipeline_id!: number;

  /**
   * Start time, ISO 8601 (UTC if no offset is given), from 1970 and at most 24 hours in the future. Defaults to now.
   * @example 2026-01-31T02:00:00Z
   */
  @Optional()
  @Happened()
  start_date?: Date;

  /**
   * Lower bound of the data to load. Defaults to the pipeline's current `watermark`. Stored as text.
   * @example 2026-01-30T00:00:00Z
   */
  @Optional()
  @Watermark()
  watermark?: string;

  /**
   * Upper bound of the data to load. Defaults to the pipeline's current `next_watermark`, or to null if the pipeline's
   * `watermark` has moved since that was set. Stored as text.
   * @example 2026-01-31T00:00:00Z
   */
  @Optional()
  @Watermark()
  next_watermark?: string;

  /**
   * The parent execution.
   * @example 41
   */
  @Optional()
  @Id()
  parent_id?: number;

  /**
   * Alias of `parent_id`.
   * @example 41
   */
  @Optional()
  @Id()
  parent_execution_id?: number;

  /**
   * The external id of the parent run, as an alternative to `parent_id`; the parent is the latest attempt at that run.
   * Requires `parent_pipeline_id` or `parent_pipeline_name`. If the run has not been reported yet, it is created with
   * status `expected`; the start with this `external_id` changes it to `running`.
   * @example scheduled__2026-01-31T01:00:00
   */
  @Optional()
  @Text(1, 255)
  parent_external_id?: string;

  /**
   * The pipeline of the parent run.
   * @example 2
   */
  @Optional()
  @Id()
  parent_pipeline_id?: number;

  /**
   * The name of the parent run's pipeline, as an alternative to its id.
   * @example "Nightly"
   */
  @Optional()
  @Name()
  parent_pipeline_name?: string;

  /**
   * The namespace of `parent_pipeline_name`; empty by default.
   * @example ""
   */
  @Optional()
  @Namespace()
  parent_pipeline_namespace?: string;

  /**
   * The caller's own id of the run, 1 to 255 characters. A second start with the same pipeline, `external_id` and
   * `attempt` returns the first execution and writes nothing.
   * @example scheduled__2026-01-31T02:00:00
   */
  @Optional()
  @Text(1, 255)
  external_id?: string;

  /**
   * The attempt number for this `external_id`. Defaults to 1. Attempts before the highest are `superseded`.
   * @example 1
   */
  @Optional()
  @Whole(ATTEMPT)
  attempt?: number;

  /**
   * The execution that this one repeats. It must have ended, and have the same pipeline and the same parent. The new
   * execution gets the next attempt number. The parent may be omitted.
   * @example 40
   */
  @Optional()
  @Id()
  retry_of?: number;

  /**
   * Metadata to store with the execution: a JSON object, at most 256 kB.
   * @example { "dag_run": "nightly" }
   */
  @Optional()
  @Metadata()
  execution_metadata?: Record<string, unknown>;
}

/** The started execution. */
export class StartedExecutionDto {
  /**
   * Its id.
   * @example 42
   */
  @ApiProperty(ID)
  id!: number;
}

/** An end of an execution. */
export class EndExecutionDto {
  /**
   * The execution.
   * @example 42
   */
  @Id()
  id!: number;

  /**
   * End time, ISO 8601 (UTC if no offset is given). Defaults to now, or to the start if that is later. A time up to 5
   * minutes before the start is set to the start, to allow for clock differences; an earlier time is refused.
   * @example 2026-01-31T02:10:00Z
   */
  @Optional()
  @Happened()
  end_date?: Date;

  /**
   * Whether the execution succeeded. May be omitted if `status` is given.
   * @example true
   */
  @Optional()
  @Flag()
  completed_successfully?: boolean;

  /**
   * The result, as an alternative to `completed_successfully`. `aborted`: the run was stopped; `skipped`: there was
   * nothing to do. Neither changes the pipeline's watermarks and dates, and neither counts as a failure. If both fields
   * are given and disagree, the end is refused with 422.
   * @example succeeded
   */
  @Optional()
  @OneOf(REPORTED_ENDS, 'ReportedEnd')
  status?: ReportedEnd;

  /**
   * Total number of rows processed.
   * @example 1200
   */
  @Optional()
  @Count()
  total_rows?: number;

  /**
   * Number of rows inserted.
   * @example 1000
   */
  @Optional()
  @Count()
  inserts?: number;

  /**
   * Number of rows updated.
   * @example 150
   */
  @Optional()
  @Count()
  updates?: number;

  /**
   * Number of rows soft-deleted.
   * @example 50
   */
  @Optional()
  @Count()
  soft_deletes?: number;

  /**
   * Metadata to merge, key by key, into the metadata of the start: a JSON object, at most 256 kB.
   * @example { "files": 12 }
   */
  @Optional()
  @Metadata()
  execution_metadata?: Record<string, unknown>;

  /**
   * Upper bound of the data loaded, if it differs from that of the start. A success moves the pipeline's `watermark` to
   * this value. Stored as text.
   * @example 2026-01-31T00:00:00Z
   */
  @Optional()
  @Watermark()
  next_watermark?: string;

  /**
   * The reason for the failure; truncated to 100,000 characters.
   * @example "connection to the source was refused"
   */
  @Optional()
  @CutText(100_000)
  error_message?: string;
}

/** Changes to an execution. Omitted fields remain unchanged. */
export class PatchExecutionDto extends OptionalPatchBody {
  /**
   * The parent execution; null makes the execution a root. All its descendants move with it.
   * @example 41
   */
  @Clearable()
  @Id()
  parent_id?: number | null;

  /**
   * The external id of the parent run, as an alternative to `parent_id`, as in a start. Requires `parent_pipeline_id`
   * or `parent_pipeline_name`.
   * @example scheduled__2026-01-31T01:00:00
   */
  @Optional()
  @Text(1, 255)
  parent_external_id?: string;

  /**
   * The pipeline of the parent run.
   * @example 2
   */
  @Optional()
  @Id()
  parent_pipeline_id?: number;

  /**
   * The name of the parent run's pipeline, as an alternative to its id.
   * @example "Nightly"
   */
  @Optional()
  @Name()
  parent_pipeline_name?: string;

  /**
   * The namespace of `parent_pipeline_name`; empty by default.
   * @example ""
   */
  @Optional()
  @Namespace()
  parent_pipeline_namespace?: string;

  /**
   * Metadata to merge, key by key, into the existing metadata: a JSON object, at most 256 kB. Null clears the metadata.
   * @example { "ticket": "OPS-7" }
   */
  @Clearable()
  @Metadata()
  execution_metadata?: Record<string, unknown> | null;
}
