import type { Status } from '../../../features/execution/execution-status.js';
import type { PipelineIds } from './import-pipelines.js';
import type { SourceExecution } from './source.js';

/** An execution of the source with its place here. */
export interface PlacedExecution {
  readonly row: SourceExecution;
  readonly id: number;
  readonly parentId: number | null;
  readonly rootId: number;
}

/**
 * The columns of an execution here. It has ended if the source has an end or a result; the end is never before the start.
 * One that ended without a result is aborted: it neither succeeded nor failed. Counts below 0 are unknown.
 */
export function toColumns({ row, id, parentId, rootId }: PlacedExecution, pipelines: PipelineIds) {
  const succeeded = row.completed_successfully;
  return {
    id,
    parent_id: parentId,
    root_id: rootId,
    pipeline_id: pipelines.get(row.pipeline_id),
    start_date: row.start_date,
    end_date: endOf(row),
    completed_successfully: succeeded,
    status: statusOf(row),
    inserts: countOf(row.inserts),
    updates: countOf(row.updates),
    soft_deletes: countOf(row.soft_deletes),
    total_rows: countOf(row.total_rows),
    watermark: row.watermark,
    next_watermark: row.next_watermark,
    execution_metadata: row.execution_metadata,
  };
}

function statusOf({ end_date, completed_successfully: succeeded }: SourceExecution): Status {
  if (succeeded !== null) return succeeded ? 'succeeded' : 'failed';
  return end_date === null ? 'running' : 'aborted';
}

function endOf({
  start_date: start,
  end_date: end,
  duration_seconds: seconds,
  completed_successfully,
}: SourceExecution) {
  if (start === null || (end === null && completed_successfully === null)) return null;
  if (end === null) return new Date(momentOf(start) + Math.max(0, seconds ?? 0) * 1000).toISOString();
  return momentOf(end) < momentOf(start) ? start : end;
}

/** The moment of PostgreSQL's text in UTC, with an offset or without. */
function momentOf(text: string): number {
  const iso = text.replace(' ', 'T').replace(/[+-]00(:00)?$/, '');
  return Date.parse(`${iso}Z`);
}

function countOf(count: number | null): number | null {
  return count === null || count < 0 ? null : count;
}

/** Executions by level, parents before their children; the parent of the first level is elsewhere, or there is none. */
export function inLevels(executions: readonly PlacedExecution[]): PlacedExecution[][] {
  const levels: PlacedExecution[][] = [];
  const levelOf = new Map<number, number>();
  for (const execution of executions) {
    const above = execution.parentId === null ? undefined : levelOf.get(execution.parentId);
    const level = above === undefined ? 0 : above + 1;
    levelOf.set(execution.id, level);
    (levels[level] ??= []).push(execution);
  }
  return levels;
}
