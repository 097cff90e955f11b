import { Name, OneOf, Optional, QueryFlag, QueryId, QueryInstant, SomeOf, Text } from '../../platform/http/fields.js';
import { PageQuery } from '../../platform/http/page.js';
import { type Status, STATUSES } from './execution-status.js';

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
  @QueryInstant()
  start_date_gte?: Date;

  /**
   * Only executions that started before this moment, ISO 8601.
   * @example 2026-02-01T00:00:00Z
   */
  @Optional()
  @QueryInstant()
  start_date_lt?: Date;

  /**
   * Only executions that ended at this moment or later, ISO 8601.
   * @example 2026-01-31T00:00:00Z
   */
  @Optional()
  @QueryInstant()
  end_date_gte?: Date;

  /**
   * By start: `desc`, newest first, or `asc`, oldest first. A cursor belongs to the order in which it was given.
   * @example desc
   */
  @Optional()
  @OneOf(['desc', 'asc'], 'Order')
  order?: 'desc' | 'asc' = 'desc';
}
