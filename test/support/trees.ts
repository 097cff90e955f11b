import fc from 'fast-check';
import { type Subtree, type SubtreeRow, toSubtree } from '../../src/features/hierarchy/questions/subtree.js';

/** An execution of a tree written by hand; `at` is its start and its end in milliseconds, null while it runs. */
export interface Shape {
  readonly at: readonly [start: number, end: number | null];
  readonly pipeline?: number;
  readonly failed?: boolean;
  /** How it ended, where that is neither success nor failure. */
  readonly status?: 'expected' | 'aborted' | 'skipped' | 'lost' | undefined;
  readonly rows?: number;
  readonly children?: readonly Shape[];
}

export const NOW = 1000;

/** The tree that a shape describes; ids count from 1, level by level. */
export function treeOf(shape: Shape, maxNodes = 10_000): Subtree {
  const rows: SubtreeRow[] = [];
  const queue: { readonly shape: Shape; readonly parentId: number | null }[] = [{ shape, parentId: null }];
  for (const { shape, parentId } of queue) {
    const id = rows.length + 1;
    rows.push(rowOf(id, parentId, shape));
    queue.push(...(shape.children ?? []).map((child) => ({ shape: child, parentId: id })));
  }
  return subtreeOf(rows, NOW, maxNodes);
}

/**
 * Random trees of up to `size` executions, parents with lower ids than their children: any shape, any relation between
 * their times, few pipelines, all statuses.
 */
export function arbitraryTree(size = 25, maxNodes = 10_000): fc.Arbitrary<Subtree> {
  const node = fc.record({
    above: fc.nat(),
    start: fc.integer({ min: 0, max: 120 }),
    length: fc.option(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 120 })), { freq: 6 }),
    pipeline: fc.integer({ min: 1, max: 3 }),
    failed: fc.boolean(),
    status: fc.option(fc.constantFrom('expected', 'aborted', 'skipped', 'lost'), { nil: undefined, freq: 1 }),
    rows: fc.nat(100),
  });
  return fc.array(node, { minLength: 1, maxLength: size }).map((nodes) => {
    const rows = nodes.map(({ above, start, length, ...shape }, index) => {
      const at = [start, length === null ? null : start + length] as const;
      return rowOf(index + 1, index === 0 ? null : (above % index) + 1, { ...shape, at });
    });
    return subtreeOf(rows.toReversed(), 150, maxNodes);
  });
}

function subtreeOf(executions: readonly SubtreeRow[], now: number, maxNodes: number): Subtree {
  const pipelines = [...new Set(executions.map((row) => row.pipeline_id))].map((id) => ({
    id,
    name: `pipeline ${id}`,
    pipeline_type_id: id % 2,
    pipeline_type_name: `type ${id % 2}`,
  }));
  const tree = toSubtree({ executions, pipelines }, 1, { now, maxNodes });
  if (!tree) throw new Error('a tree has a top');
  return tree;
}

function rowOf(
  id: number,
  parentId: number | null,
  { at, pipeline = id, failed = false, status, rows = 0 }: Shape,
): SubtreeRow {
  return {
    id,
    parent_id: parentId,
    pipeline_id: pipeline,
    status: at[1] === null ? 'running' : (status ?? (failed ? 'failed' : 'succeeded')),
    completed_successfully: at[1] === null || status ? null : !failed,
    start_ms: at[0],
    end_ms: at[1],
    total_rows: at[1] === null ? null : rows,
    inserts: at[1] === null ? null : rows,
    updates: null,
    soft_deletes: null,
  };
}
