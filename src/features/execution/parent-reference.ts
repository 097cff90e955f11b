import { InvalidRequestError } from '../../platform/errors/domain-error.js';
import { pipelineKey } from '../pipeline/pipeline-key.js';
import type { StartExecutionDto } from './execution-request.dto.js';

/** A parent as given in a report: by id, or by pipeline and external id. */
export type ParentReference = { readonly id: number } | ParentRun;

export interface ParentRun {
  readonly externalId: string;
  /** Exactly one of this and the next is set. */
  readonly pipelineId: number | undefined;
  readonly pipelineName: string | undefined;
  /** The key of that name, see `pipelineKey`. */
  readonly pipelineKey: string | undefined;
}

/** The fields of a report that name a parent. */
export type ParentFields = Pick<
  StartExecutionDto,
  'parent_external_id' | 'parent_pipeline_id' | 'parent_pipeline_name' | 'parent_pipeline_namespace'
> & { readonly parent_id?: number | null; readonly parent_execution_id?: number | null };

/** The parent that a report names; null if it names none. Throws {@link InvalidRequestError}. */
export function parentOf(request: ParentFields): ParentReference | null {
  const id = request.parent_id ?? request.parent_execution_id ?? null;
  const {
    parent_external_id: externalId,
    parent_pipeline_id: pipelineId,
    parent_pipeline_name: pipelineName,
    parent_pipeline_namespace: namespace,
  } = request;
  if (externalId === undefined) return id === null ? null : { id };
  if (id !== null) {
    throw new InvalidRequestError([{ field: 'parent_external_id', message: 'must not be given with parent_id' }]);
  }
  if (pipelineId === undefined && pipelineName === undefined) {
    throw new InvalidRequestError([
      { field: 'parent_pipeline_id', message: 'must be given with parent_external_id, or parent_pipeline_name' },
    ]);
  }
  if (pipelineId !== undefined || pipelineName === undefined) {
    return { externalId, pipelineId, pipelineName: undefined, pipelineKey: undefined };
  }
  return { externalId, pipelineId, pipelineName, pipelineKey: pipelineKey(pipelineName, namespace) };
}
