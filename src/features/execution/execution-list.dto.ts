import {
  Name,
  Namespace,
  OneOf,
  Optional,
  QueryFlag,
  QueryId,
  QueryInstant,
  SomeOf,
  Text,
} from '../../platform/http/fields.js';
import { PageQuery } from '../../platform/http/page.js';
import { type Status, STATUSES } from './execution-status.js';

/** Filters, order and page of a list of executions. */
export class ListExecutionsQuery extends PageQuery {
  /**
   * Only executions of this pipeline.
   * @example 1
   */
  @Optional()
  @QueryId()
  pipeline_id?: number;

  /**
   * Only executions of the pipeline with this name (case-insensitive).
   * @example "Customer Data Pipeline"
   */
  @Optional()
  @Name()
  pipeline_name?: string;

  /**
   * The namespace of `pipeline_name`; empty by default.
   * @example ""
   */
  @Optional()
  @Namespace()
  pipeline_namespace?: string;

  /**
   * Only executions of pipelines of this type (case-insensitive).
   * @example extraction
   */
  @Optional()
  @Name()
  pipeline_type_name?: string;

  /**
   * Only executions with this status. Repeat the parameter to select several statuses.
   * @example ["failed"]
   */
  @Optional()
  @SomeOf(STATUSES, 'ExecutionStatus')
  status?: Status[];

  /**
   * Only executions with this external id.
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
   * True selects executions without a parent, false those with a parent.
   * @example true
   */
  @Optional()
  @QueryFlag()
  root?: boolean;

  /**
   * Only executions that started at or after this time, ISO 8601.
   * @example 2026-01-31T00:00:00Z
   */
  @Optional()
  @QueryInstant()
  start_date_gte?: Date;

  /**
   * Only executions that started before this time, ISO 8601.
   * @example 2026-02-01T00:00:00Z
   */
  @Optional()
  @QueryInstant()
  start_date_lt?: Date;

  /**
   * Only executions that ended at or after this time, ISO 8601.
   * @example 2026-01-31T00:00:00Z
   */
  @Optional()
  @QueryInstant()
  end_date_gte?: Date;

  /**
   * Order by start: `desc` (newest first) or `asc` (oldest first). A cursor is valid only for the order of the page
   * that returned it.
   * @example desc
   */
  @Optional()
  @OneOf(['desc', 'asc'], 'Order')
  order?: 'desc' | 'asc' = 'desc';
}
