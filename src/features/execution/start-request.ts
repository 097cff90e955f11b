import { type DomainError, InvalidRequestError } from '../../platform/errors/domain-error.js';
import { PipelineNotFoundError } from '../pipeline/pipeline.errors.js';
import type { StartExecutionDto } from './execution-request.dto.js';
import { ExecutionCycleError, ParentNotFoundError, RetryError } from './execution.errors.js';
import type { NewExecution, ResolvedStart, StartedPipeline } from './execution-start.repository.js';
import { IS_TERMINAL, statusOf } from './execution-status.js';
import type { NamedParent } from './expected-execution.service.js';
import { parentOf } from './parent-reference.js';

/** A start as received, with its start time resolved. */
export type ReceivedStart = StartExecutionDto & { readonly start_date: Date; readonly receivedAt: Date };

/** A requested execution; its parent and its attempt may still be unresolved. */
export interface Candidate {
  readonly request: ReceivedStart;
  readonly execution: NewExecution;
  /** The parent given by external id. */
  readonly namedParent: NamedParent | undefined;
  readonly retried: ResolvedStart['retried'];
  /** True if the parent may be an expected execution. */
  readonly isBelowExpected: boolean;
}

/** Throws {@link InvalidRequestError} if the fields of a start contradict each other. */
export function checkStart(request: StartExecutionDto): void {
  parentOf(request);
  if (request.attempt !== undefined && request.external_id === undefined) {
    throw new InvalidRequestError([{ field: 'attempt', message: 'must be given with external_id' }]);
  }
}

/** The requested execution, or the reason why it is refused. */
export function candidateOf(request: ReceivedStart, resolved: ResolvedStart): Candidate | DomainError {
  const { id, pipeline, parent, parentPipeline, retried, deadline } = resolved;
  if (!pipeline) return new PipelineNotFoundError(request.pipeline_id);
  const reference = parentOf(request);
  const named = reference && !('id' in reference) ? reference : undefined;
  if (reference && 'id' in reference && !parent) return new ParentNotFoundError(reference.id);
  if (named && !parentPipeline) return new PipelineNotFoundError(named.pipelineId ?? named.pipelineName ?? '');
  if (named && parentPipeline?.id === pipeline.id && named.externalId === request.external_id) {
    return new ExecutionCycleError();
  }
  const refusal = refusalOfRetry(request, resolved);
  if (refusal) return refusal;
  return {
    request,
    retried,
    namedParent: named && {
      pipelineId: parentPipeline?.id as number,
      configVersion: parentPipeline?.config_version as number,
      externalId: named.externalId,
      startDate: request.start_date,
    },
    isBelowExpected: parent?.expected ?? retried !== undefined,
    execution: {
      id,
      parentId: parent?.id ?? retried?.parentId ?? null,
      rootId: parent?.rootId ?? (retried?.parentId ? retried.rootId : id),
      pipelineId: pipeline.id,
      externalId: request.external_id ?? null,
      startDate: request.start_date,
      startReceivedAt: request.start_date > request.receivedAt ? request.receivedAt : null,
      watermark: request.watermark ?? pipeline.watermark,
      nextWatermark: request.next_watermark ?? pipeline.next_watermark,
      executionMetadata: request.execution_metadata ?? null,
      configVersion: pipeline.config_version,
      deadline,
      attempt: request.attempt ?? 1,
      retryOf: request.retry_of ?? null,
      superseded: false,
      slowAt: slowAt(request.start_date, pipeline, parent?.pipelineId ?? parentPipeline?.id),
    },
  };
}

/** Runs of which some take seconds and others months have bounds beyond this, and beyond any date. */
const LONGEST_SECONDS = 100 * 366 * 86_400;

/** When a run of the pipeline is slow, under a parent of that pipeline; null where nothing is usual, or no run is slow. */
export function slowAt(start: Date, { slow_after: seconds }: StartedPipeline, parentPipelineId = 0): Date | null {
  const after = seconds?.[parentPipelineId] ?? seconds?.[0] ?? Infinity;
  return after <= LONGEST_SECONDS ? new Date(start.getTime() + after * 1000) : null;
}

function refusalOfRetry(request: ReceivedStart, { parent, retried }: ResolvedStart): DomainError | undefined {
  if (request.retry_of === undefined) return undefined;
  if (!retried) return new RetryError('must be an existing execution');
  if (retried.pipelineId !== request.pipeline_id) return new RetryError('must be an execution of the same pipeline');
  if (!IS_TERMINAL[statusOf(retried)]) return new RetryError('must be an execution that has ended');
  if (parent && parent.id !== retried.parentId) return new RetryError('must be an execution with the same parent');
  return undefined;
}
