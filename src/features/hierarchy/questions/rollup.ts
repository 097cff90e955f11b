import type { Status } from '../../execution/execution-status.js';
import type { RollupBy } from './rollup.dto.js';
import type { Node, Subtree } from './subtree.js';

/** The totals of a group of executions. Milliseconds; counts that an execution did not report are 0. */
export interface Figures extends Record<Status, number> {
  executions: number;
  totalRows: number;
  inserts: number;
  updates: number;
  softDeletes: number;
  total: number;
  self: number;
  max: number;
}

/** A group, with one of its executions to give the values that all of them share. */
export interface Group {
  readonly member: Node;
  readonly figures: Figures;
}

export interface Rollup {
  readonly whole: Figures;
  /** Most own time first; levels from the top down. */
  readonly groups: readonly Group[];
}

const KEYS: Record<RollupBy, (node: Node) => number> = {
  pipeline: ({ pipeline }) => pipeline.id,
  pipeline_type: ({ pipeline }) => pipeline.pipeline_type_id,
  depth: ({ depth }) => depth,
};

/** Computes the totals of a tree by groups. */
export function rollup(tree: Subtree, by: RollupBy): Rollup {
  const keyOf = KEYS[by];
  const whole = nothing();
  const groups = new Map<number, Group>();
  for (const node of tree.nodes) {
    const key = keyOf(node);
    const group = groups.get(key) ?? { member: node, figures: nothing() };
    groups.set(key, group);
    const self = selfTime(node, tree.childrenOf(node));
    add(group.figures, node, self);
    add(whole, node, self);
  }
  const byKey = (a: Group, b: Group): number => keyOf(a.member) - keyOf(b.member);
  const bySelf = (a: Group, b: Group): number => b.figures.self - a.figures.self || byKey(a, b);
  return { whole, groups: [...groups.values()].sort(by === 'depth' ? byKey : bySelf) };
}

/** The time of an execution in which none of its children ran. `children` are ordered by start. */
function selfTime({ start, end }: Node, children: readonly Node[]): number {
  let self = end - start;
  let reached = start;
  for (const child of children) {
    const until = Math.min(child.end, end);
    self -= Math.max(0, until - Math.max(child.start, reached));
    reached = Math.max(reached, until);
  }
  return self;
}

function nothing(): Figures {
  return {
    executions: 0,
    expected: 0,
    running: 0,
    succeeded: 0,
    failed: 0,
    aborted: 0,
    skipped: 0,
    lost: 0,
    totalRows: 0,
    inserts: 0,
    updates: 0,
    softDeletes: 0,
    total: 0,
    self: 0,
    max: 0,
  };
}

function add(figures: Figures, { row, status, start, end }: Node, self: number): void {
  figures.executions += 1;
  figures[status] += 1;
  figures.totalRows += row.total_rows ?? 0;
  figures.inserts += row.inserts ?? 0;
  figures.updates += row.updates ?? 0;
  figures.softDeletes += row.soft_deletes ?? 0;
  figures.total += end - start;
  figures.self += self;
  figures.max = Math.max(figures.max, end - start);
}
