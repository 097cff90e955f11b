import type { ExecutionStatus, Timeline } from '../api/types.ts';

/** The statuses by their code, the worst last: a folded row shows the worst of its runs. */
export const STATUS_CODES = [
  'succeeded',
  'skipped',
  'expected',
  'running',
  'aborted',
  'lost',
  'failed',
] as const satisfies readonly ExecutionStatus[];
const CODE_OF = new Map<string, number>(STATUS_CODES.map((status, code) => [status, code]));
export const RUNNING = STATUS_CODES.indexOf('running');
export const FAILED = STATUS_CODES.indexOf('failed');

/** What is known of a tree: the columns of the answers so far, merged by id. Times are milliseconds since 1970. */
export interface Known {
  readonly cursor: string;
  readonly truncatedAtDepth: number | null;
  readonly ids: readonly number[];
  readonly parents: readonly (number | null)[];
  readonly pipelines: readonly number[];
  readonly starts: readonly number[];
  readonly ends: readonly (number | null)[];
  readonly statuses: readonly ExecutionStatus[];
  readonly rows: readonly (number | null)[];
  readonly deadlines: readonly (number | null)[];
  readonly names: ReadonlyMap<number, string>;
  readonly usual: ReadonlyMap<number, number | null>;
}

/** Adds an answer to what is known; a complete one replaces it. */
export function merge(known: Known | undefined, answer: Timeline): Known {
  const old = answer.complete ? undefined : known;
  if (old && answer.id.length === 0) return { ...old, cursor: answer.cursor };
  const at = new Map(old?.ids.map((id, index) => [id, index]));
  const columns = {
    ids: [...(old?.ids ?? [])],
    parents: [...(old?.parents ?? [])],
    pipelines: [...(old?.pipelines ?? [])],
    starts: [...(old?.starts ?? [])],
    ends: [...(old?.ends ?? [])],
    statuses: [...(old?.statuses ?? [])],
    rows: [...(old?.rows ?? [])],
    deadlines: [...(old?.deadlines ?? [])],
  };
  answer.id.forEach((id, index) => {
    const to = at.get(id) ?? columns.ids.length;
    const start = Date.parse(answer.start[index] ?? '');
    const ms = answer.ms[index] ?? null;
    const deadline = answer.deadline[index] ?? null;
    columns.ids[to] = id;
    columns.parents[to] = answer.parent[index] ?? null;
    columns.pipelines[to] = answer.pipeline[index] ?? 0;
    columns.starts[to] = start;
    columns.ends[to] = ms === null ? null : start + ms;
    columns.statuses[to] = answer.status[index] ?? 'running';
    columns.rows[to] = answer.rows[index] ?? null;
    columns.deadlines[to] = deadline === null ? null : Date.parse(deadline);
  });
  const { id: pipelineIds, name, usual_ms: usual } = answer.pipelines;
  return {
    ...columns,
    cursor: answer.cursor,
    truncatedAtDepth: old ? old.truncatedAtDepth : answer.truncated_at_depth,
    names: new Map([...(old?.names ?? []), ...pipelineIds.map((id, index) => [id, name[index] ?? ''] as const)]),
    usual: new Map([...(old?.usual ?? []), ...pipelineIds.map((id, index) => [id, usual[index] ?? null] as const)]),
  };
}

/**
 * A tree in the order in which it is drawn: depth first, siblings by start. Everything about a node is in the arrays at
 * its position, so that 50,000 nodes are a few arrays and no objects.
 */
export interface Tree {
  readonly size: number;
  readonly id: Float64Array;
  readonly depth: Uint16Array;
  /** The position of the parent; -1 for the top. */
  readonly parent: Int32Array;
  /** How many nodes the subtree has, with the node itself: the next sibling is that many positions on. */
  readonly below: Int32Array;
  readonly pipeline: Float64Array;
  readonly start: Float64Array;
  /** NaN while it runs. */
  readonly end: Float64Array;
  readonly status: Uint8Array;
  /** NaN where not reported. */
  readonly rows: Float64Array;
  /** NaN without one. */
  readonly deadline: Float64Array;
  readonly positionOf: ReadonlyMap<number, number>;
  readonly names: ReadonlyMap<number, string>;
  readonly usual: ReadonlyMap<number, number | null>;
}

/** Orders what is known below an execution. */
export function toTree(known: Known, topId: number): Tree {
  const children = new Map<number, number[]>();
  const indexOf = new Map(known.ids.map((id, index) => [id, index]));
  known.parents.forEach((parent, index) => {
    if (parent === null || known.ids[index] === topId || !indexOf.has(parent)) return;
    const siblings = children.get(parent);
    if (siblings) siblings.push(index);
    else children.set(parent, [index]);
  });
  const byStart = (a: number, b: number): number =>
    (known.starts[a] ?? 0) - (known.starts[b] ?? 0) || (known.ids[a] ?? 0) - (known.ids[b] ?? 0);
  for (const siblings of children.values()) siblings.sort(byStart);
  const tree = emptyTree(known);
  const top = indexOf.get(topId);
  let size = 0;
  const stack = top === undefined ? [] : [{ index: top, depth: 0, parent: -1 }];
  for (let next = stack.pop(); next; next = stack.pop()) {
    const { index, depth, parent } = next;
    const position = size++;
    const id = known.ids[index] ?? 0;
    tree.id[position] = id;
    tree.depth[position] = depth;
    tree.parent[position] = parent;
    tree.pipeline[position] = known.pipelines[index] ?? 0;
    tree.start[position] = known.starts[index] ?? 0;
    tree.end[position] = known.ends[index] ?? Number.NaN;
    tree.status[position] = CODE_OF.get(known.statuses[index] ?? '') ?? 0;
    tree.rows[position] = known.rows[index] ?? Number.NaN;
    tree.deadline[position] = known.deadlines[index] ?? Number.NaN;
    tree.positionOf.set(id, position);
    const below = children.get(id) ?? [];
    for (let child = below.length - 1; child >= 0; child--) {
      stack.push({ index: below[child] ?? 0, depth: depth + 1, parent: position });
    }
  }
  for (let position = size - 1; position >= 0; position--) {
    tree.below[position] = (tree.below[position] ?? 0) + 1;
    const parent = tree.parent[position] ?? -1;
    if (parent >= 0) tree.below[parent] = (tree.below[parent] ?? 0) + (tree.below[position] ?? 0);
  }
  return { ...tree, size };
}

function emptyTree({ ids: { length }, names, usual }: Known) {
  return {
    id: new Float64Array(length),
    depth: new Uint16Array(length),
    parent: new Int32Array(length),
    below: new Int32Array(length),
    pipeline: new Float64Array(length),
    start: new Float64Array(length),
    end: new Float64Array(length),
    status: new Uint8Array(length),
    rows: new Float64Array(length),
    deadline: new Float64Array(length),
    positionOf: new Map<number, number>(),
    names,
    usual,
  };
}

export function statusAt(tree: Tree, position: number): ExecutionStatus {
  return STATUS_CODES[tree.status[position] ?? 0] ?? 'succeeded';
}

export function nameAt(tree: Tree, position: number): string {
  return tree.names.get(tree.pipeline[position] ?? 0) ?? '';
}

/** The end of a node; `now` while it runs. */
export function endAt(tree: Tree, position: number, now: number): number {
  const end = tree.end[position] ?? Number.NaN;
  return Number.isNaN(end) ? Math.max(now, tree.start[position] ?? now) : end;
}

/** How much of the time so far is left free for a running tree to end as usual. */
const AHEAD = 0.5;

/** The first start and the last end of a tree; of a running one, its usual end if that is near. */
export function spanOf(tree: Tree, now: number): { from: number; to: number } {
  const start = tree.start[0] ?? now;
  const usual = tree.usual.get(tree.pipeline[0] ?? 0) ?? 0;
  const ready =
    tree.status[0] === RUNNING ? Math.min(start + usual, now + AHEAD * Math.max(0, now - start)) : -Infinity;
  let [from, to] = [Infinity, ready];
  for (let position = 0; position < tree.size; position++) {
    from = Math.min(from, tree.start[position] ?? Infinity);
    to = Math.max(to, endAt(tree, position, now));
  }
  return from > to ? { from: now - 1, to: now } : { from, to: Math.max(to, from + 1) };
}

/** The positions above a node, nearest first. */
export function above(tree: Tree, position: number): number[] {
  const found: number[] = [];
  for (let at = tree.parent[position] ?? -1; at >= 0; at = tree.parent[at] ?? -1) found.push(at);
  return found;
}
