import { Name, Namespace, OneOf, Optional, QueryFlag, QueryObject } from '../../platform/http/fields.js';
import { PageQuery } from '../../platform/http/page.js';
import { PIPELINE_STATES, type PipelineState } from './pipeline-state.js';

/** Filters and paging of the list of pipelines. */
export class ListPipelinesQuery extends PageQuery {
  /**
   * Only pipelines of this namespace (case-insensitive); empty: only those without one.
   * @example ""
   */
  @Optional()
  @Namespace()
  namespace?: string;

  /**
   * Only pipelines with this name (case-insensitive), in any namespace.
   * @example "Customer Data Pipeline"
   */
  @Optional()
  @Name()
  name?: string;

  /**
   * Only pipelines whose name contains this text (case-insensitive).
   * @example customer
   */
  @Optional()
  @Name()
  q?: string;

  /**
   * Only pipelines of the type with this name (case-insensitive).
   * @example extraction
   */
  @Optional()
  @Name()
  pipeline_type_name?: string;

  /**
   * Only active pipelines, or only inactive ones.
   * @example true
   */
  @Optional()
  @QueryFlag()
  active?: boolean;

  /**
   * Archived pipelines instead of the others.
   * @example false
   */
  @Optional()
  @QueryFlag()
  archived?: boolean;

  /**
   * Only pipelines in this state. `inactive`: not active. The others apply to active pipelines only. `running`: has a
   * running execution. `late`: one of these is past its deadline. `stale`: past its freshness threshold. `failing`: has
   * a failed execution, and no success that started later. `never_ran`: has no execution. `ok`: has succeeded, and is
   * neither failing nor late nor stale. A pipeline may be in several states.
   * @example failing
   */
  @Optional()
  @OneOf(PIPELINE_STATES, 'PipelineState')
  state?: PipelineState;

  /**
   * Only pipelines whose metadata contains this JSON object, such as `{"owner":"sales"}`. It may have nested objects,
   * and arrays, of which each element must be in the pipeline's.
   * @example {"owner":"sales"}
   */
  @Optional()
  @QueryObject()
  metadata?: Record<string, unknown>;

  /**
   * `status`: each pipeline has its last execution, the statuses and durations of its last 30, when its data becomes
   * stale, and the number of its open incidents.
   * @example status
   */
  @Optional()
  @OneOf(['status'], 'PipelineInclude')
  include?: 'status';
}
