import { createHash } from 'node:crypto';
import { canonicalJson } from '../common/exact-json.js';
import type { EndExecutionDto, ExecutionDto, Status } from './execution.dto.js';
import type { ExecutionEntity } from './execution.entity.js';

export function toExecutionDto(execution: ExecutionEntity): ExecutionDto {
  const seconds = durationSeconds(execution);
  return {
    id: execution.id,
    parent_id: execution.parentId,
    root_id: execution.rootId,
    pipeline_id: execution.pipelineId,
    pipeline_name: execution.pipeline.name,
    external_id: execution.externalId,
    start_date: execution.startDate.toISOString(),
    end_date: execution.endDate?.toISOString() ?? null,
    duration_seconds: seconds,
    deadline: execution.deadline?.toISOString() ?? null,
    status: statusOf(execution),
    completed_successfully: execution.completedSuccessfully,
    inserts: execution.inserts,
    updates: execution.updates,
    soft_deletes: execution.softDeletes,
    total_rows: execution.totalRows,
    throughput: execution.totalRows === null || !seconds ? null : execution.totalRows / seconds,
    watermark: execution.watermark,
    next_watermark: execution.nextWatermark,
    execution_metadata: execution.executionMetadata,
    error_message: execution.errorMessage,
    config_version: execution.configVersion,
  };
}

/** What an end says, as a hash: a repeat of the same end has the same one, whatever its key order. */
export function endHash(request: EndExecutionDto): string {
  return createHash('sha256')
    .update(canonicalJson({ ...request, end_date: request.end_date?.toISOString() }))
    .digest('hex');
}

function statusOf(execution: ExecutionEntity): Status {
  if (execution.endDate === null) return 'running';
  return execution.completedSuccessfully ? 'succeeded' : 'failed';
}

function durationSeconds({ startDate, endDate }: ExecutionEntity): number | null {
  return endDate && (endDate.getTime() - startDate.getTime()) / 1000;
}
