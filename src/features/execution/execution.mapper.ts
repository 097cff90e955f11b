import { hash } from 'node:crypto';
import { canonicalJson } from '../../platform/values/exact-json.js';
import type { EndExecutionDto } from './execution-request.dto.js';
import type { ExecutionDto } from './execution.dto.js';
import type { ExecutionEntity } from './execution.entity.js';
import type { EndedExecution } from './execution.events.js';
import type { EndingExecution } from './execution.repository.js';
import { durationSeconds, throughput } from './execution-measures.js';
import { ContradictoryEndError, EndWithoutResultError } from './execution.errors.js';
import { COMPLETED_SUCCESSFULLY, type ReportedEnd, statusOf } from './execution-status.js';

export function toExecutionDto(execution: ExecutionEntity): ExecutionDto {
  return {
    id: execution.id,
    run_id: runId(execution.id),
    parent_id: execution.parentId,
    root_id: execution.rootId,
    pipeline_id: execution.pipelineId,
    pipeline_name: execution.pipelineName,
    external_id: execution.externalId,
    start_date: execution.startDate.toISOString(),
    start_date_estimated: execution.startDateEstimated,
    end_date: execution.endDate?.toISOString() ?? null,
    duration_seconds: durationSeconds(execution),
    deadline: execution.deadline?.toISOString() ?? null,
    status: statusOf(execution),
    completed_successfully: execution.completedSuccessfully,
    attempt: execution.attempt,
    retry_of: execution.retryOf,
    superseded: execution.superseded,
    inserts: execution.inserts,
    updates: execution.updates,
    soft_deletes: execution.softDeletes,
    total_rows: execution.totalRows,
    throughput: throughput(execution),
    watermark: execution.watermark,
    next_watermark: execution.nextWatermark,
    execution_metadata: execution.executionMetadata,
    error_message: execution.errorMessage,
    anomaly_flags: execution.anomalyFlags,
    config_version: execution.configVersion,
  };
}

/** An execution whose end is set, as its event describes it. */
export function toEndedExecution(execution: EndingExecution): EndedExecution {
  const { id, parentId, rootId, pipelineId, startDate, deadline, endDate, status, completedSuccessfully } = execution;
  if (endDate === null) throw new Error(`execution ${id} has not ended`);
  const { attempt, superseded, hadEnd, isBelowExpected, slowAt = null } = execution;
  return {
    id,
    parentId,
    rootId,
    pipelineId,
    startDate,
    deadline,
    endDate,
    status,
    completedSuccessfully,
    attempt,
    superseded,
    slowAt,
    hadEnd,
    isBelowExpected,
  };
}

/** The id as a UUID of version 8, whose content is application-defined (RFC 9562). */
function runId(id: number): string {
  return `00000000-0000-8000-8000-${id.toString(16).padStart(12, '0')}`;
}

/** Normalizes the two result fields of an end: `status` is used only if `completed_successfully` cannot express it. */
function resultOf(request: EndExecutionDto): Pick<EndExecutionDto, 'status' | 'completed_successfully'> {
  const status = statusOfEnd(request);
  const completed = COMPLETED_SUCCESSFULLY[status];
  return completed === null
    ? { status, completed_successfully: undefined }
    : { status: undefined, completed_successfully: completed };
}

/** The status that an end reports; throws {@link InvalidRequestError} if the fields are missing or contradictory. */
export function statusOfEnd(request: Pick<EndExecutionDto, 'status' | 'completed_successfully'>): ReportedEnd {
  const { status, completed_successfully: completed } = request;
  if (status === undefined) {
    if (completed === undefined) throw new EndWithoutResultError();
    return completed ? 'succeeded' : 'failed';
  }
  if (completed !== undefined && completed !== COMPLETED_SUCCESSFULLY[status]) {
    throw new ContradictoryEndError(status, completed);
  }
  return status;
}

/** Hash of an end's content, independent of key order, so that a repeat has the same hash. */
export function endHash(request: EndExecutionDto): string {
  return hash('sha256', canonicalJson({ ...request, ...resultOf(request), end_date: request.end_date?.toISOString() }));
}
