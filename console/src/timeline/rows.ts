import type { Tree } from './tree.ts';

/** More siblings of one pipeline than this fold into one row. */
const FOLDED_ABOVE = 20;

/** What is open and what is folded. Ids of executions, and keys of groups ({@link groupKey}). */
export interface Folding {
  readonly closed: ReadonlySet<number>;
  readonly opened: ReadonlySet<string>;
  /** Whether many siblings of one pipeline are one row. */
  readonly folds: boolean;
}

/** Many siblings of one pipeline as one row. */
export interface Group {
  readonly key: string;
  readonly parent: number;
  readonly pipeline: number;
  readonly members: readonly number[];
  readonly open: boolean;
}

/** A row: the position of a node, or a group; `level` is its indentation. */
export interface Rows {
  readonly count: number;
  /** The position of a node; -1 - n for the group n. */
  readonly at: Int32Array;
  readonly level: Uint16Array;
  readonly groups: readonly Group[];
  /** The row of each node that is shown, by its position; -1 for those that are not. */
  readonly rowOf: Int32Array;
}

export function groupKey(parentId: number, pipelineId: number): string {
  return `${parentId}:${pipelineId}`;
}

/** The rows that are shown, in one pass over the tree. */
export function visibleRows(tree: Tree, { closed, opened, folds }: Folding): Rows {
  const at = new Int32Array(tree.size * 2);
  const level = new Uint16Array(tree.size * 2);
  const rowOf = new Int32Array(tree.size).fill(-1);
  const groups: Group[] = [];
  let count = 0;
  const add = (what: number, depth: number): void => {
    at[count] = what;
    level[count] = depth;
    if (what >= 0) rowOf[what] = count;
    count += 1;
  };
  // The nodes and groups that are still to be added, the next one last.
  const waiting: { readonly node: number; readonly group?: Group; readonly depth: number }[] = [];
  if (tree.size > 0) waiting.push({ node: 0, depth: 0 });
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { node, group, depth } = next;
    if (group) {
      add(-1 - groups.length, depth);
      groups.push(group);
      if (group.open) {
        for (const member of group.members.toReversed()) waiting.push({ node: member, depth: depth + 1 });
      }
      continue;
    }
    add(node, depth);
    if (closed.has(tree.id[node] ?? 0)) continue;
    const children = childrenOf(tree, node);
    const many = folds ? manyOf(tree, node, children, opened) : new Map<number, Group>();
    const placed = new Set<Group>();
    const items = children.flatMap((child) => {
      const of = many.get(tree.pipeline[child] ?? 0);
      if (!of) return { node: child, depth: depth + 1 };
      if (placed.has(of)) return [];
      placed.add(of);
      return { node: child, group: of, depth: depth + 1 };
    });
    for (const item of items.toReversed()) waiting.push(item);
  }
  return { count, at: at.subarray(0, count), level: level.subarray(0, count), groups, rowOf };
}

/** The positions of a node's children. */
function childrenOf(tree: Tree, node: number): number[] {
  const children: number[] = [];
  const end = node + (tree.below[node] ?? 1);
  for (let child = node + 1; child < end; child += tree.below[child] ?? 1) children.push(child);
  return children;
}

function manyOf(
  tree: Tree,
  parent: number,
  children: readonly number[],
  opened: ReadonlySet<string>,
): Map<number, Group> {
  const many = new Map<number, Group>();
  if (children.length <= FOLDED_ABOVE) return many;
  for (const [pipeline, members] of Map.groupBy(children, (child) => tree.pipeline[child] ?? 0)) {
    if (members.length <= FOLDED_ABOVE) continue;
    const key = groupKey(tree.id[parent] ?? 0, pipeline);
    many.set(pipeline, { key, parent, pipeline, members, open: opened.has(key) });
  }
  return many;
}

/** What must be open so that a node is shown. */
export function revealed(tree: Tree, node: number, folding: Folding): Folding {
  const [closed, opened] = [new Set(folding.closed), new Set(folding.opened)];
  for (
    let child = node, parent = tree.parent[node] ?? -1;
    parent >= 0;
    child = parent, parent = tree.parent[parent] ?? -1
  ) {
    closed.delete(tree.id[parent] ?? 0);
    opened.add(groupKey(tree.id[parent] ?? 0, tree.pipeline[child] ?? 0));
  }
  return { ...folding, closed, opened };
}

/** Whether a row is open; undefined if it has nothing below it. */
export function stateOf(
  { tree, rows }: { readonly tree: Tree; readonly rows: Rows },
  row: number,
): boolean | undefined {
  const at = rows.at[row];
  if (at === undefined) return undefined;
  if (at < 0) return rows.groups[-1 - at]?.open;
  if (tree.below[at] === 1) return undefined;
  return (rows.level[row + 1] ?? 0) > (rows.level[row] ?? 0);
}
