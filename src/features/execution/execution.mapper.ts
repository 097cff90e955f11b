import { createHash } from 'node:crypto';
import { canonicalJson } from '../../platform/values/exact-json.js';
import type { EndExecutionDto, ExecutionDto } from './execution.dto.js';
import type { ExecutionEntity } from './execution.entity.js';
import { durationSeconds, throughput } from './execution-measures.js';
import { statusOf } from './execution-status.js';

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
    end_date: execution.endDate?.toISOString() ?? null,
    duration_seconds: durationSeconds(execution),
    deadline: execution.deadline?.toISOString() ?? null,
    status: statusOf(execution),
    completed_successfully: execution.completedSuccessfully,
    inserts: execution.inserts,
    updates: execution.updates,
    soft_deletes: execution.softDeletes,
    total_rows: execution.totalRows,
    throughput: throughput(execution),
    watermark: execution.watermark,
    next_watermark: execution.nextWatermark,
    execution_metadata: execution.executionMetadata,
    error_message: execution.errorMessage,
    config_version: execution.configVersion,
  };
}

/** The id as a UUID of version 8, whose content is free (RFC 9562). */
function runId(id: number): string {
  return `00000000-0000-8000-8000-${id.toString(16).padStart(12, '0')}`;
}

/** What an end says, as a hash: a repeat of the same end has the same one, whatever its key order. */
export function endHash(request: EndExecutionDto): string {
  return createHash('sha256')
    .update(canonicalJson({ ...request, end_date: request.end_date?.toISOString() }))
    .digest('hex');
}
