import { toExecutionDto } from '../../execution/execution.mapper.js';
import type { Blocking, RootCause } from './tree-questions.repository.js';
import type { BlockingExecutionDto, RootCauseDto } from './causes.dto.js';
import type { Comparison, Entry } from './compare.js';
import type { ComparisonDto, ComparisonEntryDto, ComparedExecutionDto } from './compare.dto.js';
import type { CriticalPath, OffPath, Segment } from './critical-path.js';
import type { CriticalPathDto, OffPathExecutionDto, CriticalPathSegmentDto } from './critical-path.dto.js';
import type { Figures, Group, Rollup } from './rollup.js';
import type { RollupFiguresDto, RollupGroupDto, RollupBy, RollupDto } from './rollup.dto.js';
import type { Node, Subtree } from './subtree.js';
import type { TruncatedDto } from './truncated.dto.js';

export function toRootCauseDto({ execution, depth, path }: RootCause): RootCauseDto {
  return { ...toExecutionDto(execution), depth, path: path.map(({ id, pipeline_name }) => ({ id, pipeline_name })) };
}

export function toBlockingExecutionDto({ execution, depth, typicalMs }: Blocking, now: Date): BlockingExecutionDto {
  const elapsed = Math.max(0, now.getTime() - execution.startDate.getTime());
  return {
    ...toExecutionDto(execution),
    depth,
    elapsed_seconds: seconds(elapsed),
    typical_duration_seconds: typicalMs === null ? null : seconds(typicalMs),
    expected_remaining_seconds: typicalMs === null ? null : seconds(Math.max(0, typicalMs - elapsed)),
  };
}

export function toCriticalPathDto({ top, truncatedAtDepth }: Subtree, path: CriticalPath): CriticalPathDto {
  const duration = top.end - top.start;
  return {
    execution_id: top.id,
    status: top.status,
    start_date: moment(top.start),
    end_date: endDate(top),
    as_of: moment(top.end),
    duration_seconds: seconds(duration),
    segments: path.segments.map((segment) => toCriticalPathSegmentDto(segment, duration)),
    off_path: path.offPath.map(toOffPathExecutionDto),
    ...truncation(truncatedAtDepth),
  };
}

function toCriticalPathSegmentDto({ node, start, end }: Segment, duration: number): CriticalPathSegmentDto {
  return {
    ...pathExecution(node),
    start_date: moment(start),
    end_date: moment(end),
    seconds: seconds(end - start),
    percent: percent(end - start, duration),
  };
}

function toOffPathExecutionDto({ node, slack }: OffPath): OffPathExecutionDto {
  return {
    ...pathExecution(node),
    start_date: moment(node.start),
    end_date: endDate(node),
    seconds: seconds(node.end - node.start),
    slack_seconds: seconds(slack),
  };
}

function pathExecution({ id, pipeline, depth, status }: Node) {
  return { execution_id: id, pipeline_id: pipeline.id, pipeline_name: pipeline.name, depth, status };
}

export function toRollupDto(tree: Subtree, by: RollupBy, { whole, groups }: Rollup, now: Date): RollupDto {
  return {
    execution_id: tree.top.id,
    by,
    status: tree.top.status,
    as_of: now.toISOString(),
    whole: toRollupFiguresDto(whole, whole),
    groups: groups.map((group) => toRollupGroupDto(group, by, whole)),
    ...truncation(tree.truncatedAtDepth),
  };
}

function toRollupGroupDto({ member, figures }: Group, by: RollupBy, whole: Figures): RollupGroupDto {
  return {
    ...(by === 'pipeline' && { pipeline_id: member.pipeline.id, pipeline_name: member.pipeline.name }),
    ...(by !== 'depth' && {
      pipeline_type_id: member.pipeline.pipeline_type_id,
      pipeline_type_name: member.pipeline.pipeline_type_name,
    }),
    ...(by === 'depth' && { depth: member.depth }),
    ...toRollupFiguresDto(figures, whole),
  };
}

function toRollupFiguresDto(figures: Figures, whole: Figures): RollupFiguresDto {
  return {
    executions: figures.executions,
    succeeded: figures.succeeded,
    failed: figures.failed,
    running: figures.running,
    expected: figures.expected,
    aborted: figures.aborted,
    skipped: figures.skipped,
    lost: figures.lost,
    total_rows: figures.totalRows,
    inserts: figures.inserts,
    updates: figures.updates,
    soft_deletes: figures.softDeletes,
    total_seconds: seconds(figures.total),
    self_seconds: seconds(figures.self),
    max_seconds: seconds(figures.max),
    share: percent(figures.self, whole.self),
  };
}

export function toComparisonDto(tree: Subtree, other: Subtree, comparison: Comparison, now: Date): ComparisonDto {
  return {
    execution_id: tree.top.id,
    other_id: other.top.id,
    as_of: now.toISOString(),
    summary: comparison.summary,
    entries: comparison.entries.map(toComparisonEntryDto),
    ...truncation(comparison.truncatedAtDepth),
  };
}

function toComparisonEntryDto({ a, b, node, position, ratio, change }: Entry): ComparisonEntryDto {
  return {
    pipeline_id: node.pipeline.id,
    pipeline_name: node.pipeline.name,
    depth: node.depth,
    position,
    execution: a ? toComparedExecutionDto(a) : null,
    other: b ? toComparedExecutionDto(b) : null,
    ratio: ratio === null ? null : rounded(ratio),
    change,
  };
}

function toComparedExecutionDto({ id, status, start, end }: Node): ComparedExecutionDto {
  return { execution_id: id, status, start_date: moment(start), seconds: seconds(end - start) };
}

function truncation(truncatedAtDepth: number | null): TruncatedDto {
  return { truncated: truncatedAtDepth !== null, truncated_at_depth: truncatedAtDepth };
}

function moment(ms: number): string {
  return new Date(ms).toISOString();
}

function endDate(node: Node): string | null {
  return node.row.end_ms === null ? null : moment(node.end);
}

/** To the millisecond. */
function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}

function percent(part: number, whole: number): number | null {
  return whole === 0 ? null : rounded((part / whole) * 100);
}

/** Few enough digits to read, enough that ten thousand of them still add up. */
function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
