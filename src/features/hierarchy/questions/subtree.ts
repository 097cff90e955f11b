import { type Status, statusOf } from '../../execution/execution-status.js';
import type { PipelineDescription } from '../../pipeline/pipeline-name.service.js';

/** An execution of a subtree as read from the database; times are milliseconds since 1970. */
export interface SubtreeRow {
  readonly id: number;
  readonly parent_id: number | null;
  readonly pipeline_id: number;
  readonly status: Status | null;
  readonly completed_successfully: boolean | null;
  readonly start_ms: number;
  readonly end_ms: number | null;
  readonly total_rows: number | null;
  readonly inserts: number | null;
  readonly updates: number | null;
  readonly soft_deletes: number | null;
}

/** Executions and their pipelines. */
export interface Forest {
  readonly executions: readonly SubtreeRow[];
  readonly pipelines: readonly PipelineDescription[];
}

/** An execution in a tree to be analysed; times are milliseconds since 1970. */
export interface Node {
  readonly id: number;
  readonly row: SubtreeRow;
  readonly pipeline: PipelineDescription;
  /** The level below the top; 0 for the top. */
  readonly depth: number;
  readonly status: Status;
  readonly start: number;
  /** Its end. For a running execution: now, or its start if that is in the future. */
  readonly end: number;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** A tree of executions at one moment, complete or truncated breadth-first. */
export interface Subtree {
  readonly top: Node;
  /** All executions, level by level. */
  readonly nodes: readonly Node[];
  /** The direct children of an execution, by start, then by id. */
  childrenOf(node: Node): readonly Node[];
  /** The first level with missing executions; null if none are missing. */
  readonly truncatedAtDepth: number | null;
}

/** The time at which a tree is analysed (milliseconds since 1970), and its maximum size. */
export interface View {
  readonly now: number;
  readonly maxNodes: number;
}

/**
 * The tree below an execution of a forest; undefined if the execution is not in it. A tree of more than `maxNodes` is
 * truncated, level by level in id order. Running executions last until `now`.
 */
export function toSubtree({ executions, pipelines }: Forest, topId: number, view: View): Subtree | undefined {
  const top = executions.find(({ id }) => id === topId);
  if (!top) return undefined;
  const rowsBelow = Map.groupBy(executions, (row) => row.parent_id);
  const pipelineOf = new Map(pipelines.map((pipeline) => [pipeline.id, pipeline]));
  const nodes: Node[] = [];
  const children = new Map<number, Node[]>();
  let truncatedAtDepth: number | null = null;
  for (let level = [top], depth = 0; level.length > 0; depth++) {
    level.sort((a, b) => a.id - b.id);
    const room = view.maxNodes - nodes.length;
    if (level.length > room) truncatedAtDepth = depth;
    const shown = level.slice(0, room);
    for (const row of shown) {
      const node = toNode(row, pipelineOf.get(row.pipeline_id), depth, view.now);
      nodes.push(node);
      if (depth > 0 && row.parent_id !== null) groupIn(children, row.parent_id).push(node);
    }
    level = truncatedAtDepth === null ? shown.flatMap(({ id }) => rowsBelow.get(id) ?? []) : [];
  }
  for (const node of nodes.toReversed()) {
    if (node.status === 'expected') stretch(node, children.get(node.id) ?? []);
  }
  for (const siblings of children.values()) siblings.sort((a, b) => a.start - b.start || a.id - b.id);
  const [first] = nodes;
  return first && { top: first, nodes, childrenOf: ({ id }) => children.get(id) ?? [], truncatedAtDepth };
}

/** An expected execution spans its children, one of which may still run. */
function stretch(node: Writable<Node>, children: readonly Node[]): void {
  node.start = Math.min(node.start, ...children.map(({ start }) => start));
  node.end = Math.max(node.end, ...children.map(({ end }) => end));
}

function groupIn(groups: Map<number, Node[]>, key: number): Node[] {
  const group = groups.get(key) ?? [];
  groups.set(key, group);
  return group;
}

function toNode(row: SubtreeRow, pipeline: PipelineDescription | undefined, depth: number, now: number): Node {
  if (!pipeline) throw new Error(`pipeline ${row.pipeline_id} of execution ${row.id} does not exist`);
  const end = row.end_ms ?? Math.max(now, row.start_ms);
  const status = statusOf({
    status: row.status,
    endDate: row.end_ms,
    completedSuccessfully: row.completed_successfully,
  });
  return { id: row.id, row, pipeline, depth, status, start: row.start_ms, end };
}
