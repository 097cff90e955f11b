import { fittingCount, toJson } from '../../../platform/http/json-text.js';
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

/** The maximum size of one item of each kind in a response, in bytes, without its names. */
const LINE_BYTES = { pathExecution: 300, group: 520, entry: 445 };

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
  const shown = shownOf(path);
  return {
    execution_id: top.id,
    status: top.status,
    start_date: moment(top.start),
    end_date: endDate(top),
    as_of: moment(top.end),
    duration_seconds: seconds(duration),
    segments: shown.segments.map((segment) => toCriticalPathSegmentDto(segment, duration)),
    off_path: shown.offPath.map(toOffPathExecutionDto),
    ...truncation(truncatedAtDepth, shown.missing),
  };
}

/** The segments come first; the executions off the path get the remaining space. */
function shownOf({ segments, offPath }: CriticalPath) {
  const parts = [...segments, ...offPath];
  const count = fittingCount(parts, ({ node }) => LINE_BYTES.pathExecution + bytesOf(node.pipeline.name));
  return {
    segments: segments.slice(0, count),
    offPath: offPath.slice(0, Math.max(0, count - segments.length)),
    missing: parts.slice(count).map(({ node }) => node),
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
  const count = fittingCount(
    groups,
    ({ member: { pipeline } }) => LINE_BYTES.group + bytesOf(pipeline.name) + bytesOf(pipeline.pipeline_type_name),
  );
  return {
    execution_id: tree.top.id,
    by,
    status: tree.top.status,
    as_of: now.toISOString(),
    whole: toRollupFiguresDto(whole, whole),
    groups: groups.slice(0, count).map((group) => toRollupGroupDto(group, by, whole)),
    ...truncation(
      tree.truncatedAtDepth,
      groups.slice(count).map(({ member }) => member),
    ),
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
  const count = fittingCount(comparison.entries, ({ node }) => LINE_BYTES.entry + bytesOf(node.pipeline.name));
  return {
    execution_id: tree.top.id,
    other_id: other.top.id,
    as_of: now.toISOString(),
    summary: comparison.summary,
    entries: comparison.entries.slice(0, count).map(toComparisonEntryDto),
    ...truncation(
      comparison.truncatedAtDepth,
      comparison.entries.slice(count).map(({ node }) => node),
    ),
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

/** `missing` counts the items that do not fit into the response, in addition to those that were not read. */
function truncation(truncatedAtDepth: number | null, missing: readonly Node[]): TruncatedDto {
  const depths = missing.map(({ depth }) => depth).concat(truncatedAtDepth ?? []);
  const depth = depths.length === 0 ? null : depths.reduce((a, b) => Math.min(a, b));
  return { truncated: depth !== null, truncated_at_depth: depth };
}

function bytesOf(name: string): number {
  return Buffer.byteLength(toJson(name));
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

/** Few digits to read, but enough that ten thousand values still add up. */
function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
