import type { NamedPipelineDayDto, PipelineDayDto } from './day.dto.js';
import type { NamedDay, PipelineDay } from './day.repository.js';

/** A day as clients see it. */
export function toPipelineDayDto(day: PipelineDay): PipelineDayDto {
  return {
    pipeline_id: day.pipelineId,
    day: day.day,
    executions: day.executions,
    succeeded: day.succeeded,
    failed: day.failed,
    aborted: day.aborted,
    skipped: day.skipped,
    lost: day.lost,
    open: day.executions - day.succeeded - day.failed - day.aborted - day.skipped - day.lost,
    total_rows: day.totalRows,
    inserts: day.inserts,
    updates: day.updates,
    soft_deletes: day.softDeletes,
    total_seconds: day.seconds,
    max_seconds: day.maxSeconds,
  };
}

export function toNamedPipelineDayDto(day: NamedDay): NamedPipelineDayDto {
  return {
    ...toPipelineDayDto(day),
    namespace: day.namespace,
    pipeline_name: day.pipelineName,
    pipeline_type_name: day.pipelineTypeName,
  };
}
