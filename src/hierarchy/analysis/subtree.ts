import type { Status } from '../../execution/execution.dto.js';

/** A row of a subtree as the database gives it; moments are milliseconds since 1970. */
export interface SubtreeRow {
  readonly id: number;
  readonly parent_id: number | null;
  readonly depth: number;
  readonly pipeline_id: number;
  readonly pipeline_name: string;
  readonly pipeline_type_id: number;
  readonly pipeline_type_name: string;
  readonly completed_successfully: boolean | null;
  readonly start_ms: number;
  readonly end_ms: number | null;
  readonly total_rows: number | null;
  readonly inserts: number | null;
  readonly updates: number | null;
  readonly soft_deletes: number | null;
}

/** An execution in a tree that is analysed; moments are milliseconds since 1970. */
export interface Node {
  readonly row: SubtreeRow;
  readonly id: number;
  readonly depth: number;
  readonly status: Status;
  readonly start: number;
  /** Its end; while it runs now, or its start where that is still to come. */
  readonly end: number;
}

/** A tree of executions as it was at one moment, whole or cut breadth-first. */
export interface Subtree {
  readonly top: Node;
  /** All of them, parents before their children. */
  readonly nodes: readonly Node[];
  /** The direct children of an execution, in the order of their start, then of their id. */
  childrenOf(node: Node): readonly Node[];
  /** The level from which executions are missing; null when none are. */
  readonly truncatedAtDepth: number | null;
}

/**
 * The tree that `rows` make, parents before children, the top one first. Where there are more than `maxNodes`, the rest
 * is cut off. What runs is taken to last until `now`.
 */
export function toSubtree(rows: readonly SubtreeRow[], now: number, maxNodes: number): Subtree {
  const nodes = rows.slice(0, maxNodes).map((row) => toNode(row, now));
  const [top] = nodes;
  if (!top) throw new Error('a subtree holds at least the execution that it is asked of');
  const children = new Map<number, Node[]>();
  for (const node of nodes) {
    if (node === top || node.row.parent_id === null) continue;
    const siblings = children.get(node.row.parent_id);
    if (siblings) siblings.push(node);
    else children.set(node.row.parent_id, [node]);
  }
  for (const siblings of children.values()) siblings.sort((a, b) => a.start - b.start || a.id - b.id);
  return {
    top,
    nodes,
    childrenOf: ({ id }) => children.get(id) ?? [],
    truncatedAtDepth: rows[maxNodes]?.depth ?? null,
  };
}

function toNode(row: SubtreeRow, now: number): Node {
  const end = row.end_ms ?? Math.max(now, row.start_ms);
  return { row, id: row.id, depth: row.depth, status: statusOf(row), start: row.start_ms, end };
}

function statusOf({ end_ms, completed_successfully }: SubtreeRow): Status {
  if (end_ms === null) return 'running';
  return completed_successfully ? 'succeeded' : 'failed';
}
