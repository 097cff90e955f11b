import fc from 'fast-check';
import { type Subtree, type SubtreeRow, toSubtree } from '../../src/hierarchy/analysis/subtree.js';

/** An execution of a tree written down by hand; `at` is its start and its end in milliseconds, null while it runs. */
export interface Shape {
  readonly at: readonly [start: number, end: number | null];
  readonly pipeline?: number;
  readonly failed?: boolean;
  readonly rows?: number;
  readonly children?: readonly Shape[];
}

export const NOW = 1000;

/** The tree that a shape describes; ids count from 1, level by level. */
export function treeOf(shape: Shape, maxNodes = 10_000): Subtree {
  const rows: SubtreeRow[] = [];
  const queue: { readonly shape: Shape; readonly parentId: number | null; readonly depth: number }[] = [
    { shape, parentId: null, depth: 0 },
  ];
  for (const { shape, parentId, depth } of queue) {
    const id = rows.length + 1;
    rows.push(rowOf({ id, parentId, depth, shape }));
    queue.push(...(shape.children ?? []).map((child) => ({ shape: child, parentId: id, depth: depth + 1 })));
  }
  return toSubtree(rows, NOW, maxNodes);
}

/**
 * Trees of up to `size` executions, parents before children as the database gives them: of any form, their times in any
 * relation to each other, few pipelines, all states.
 */
export function arbitraryTree(size = 25, maxNodes = 10_000): fc.Arbitrary<Subtree> {
  const node = fc.record({
    above: fc.nat(),
    start: fc.integer({ min: 0, max: 120 }),
    length: fc.option(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 120 })), { freq: 6 }),
    pipeline: fc.integer({ min: 1, max: 3 }),
    failed: fc.boolean(),
    rows: fc.nat(100),
  });
  return fc.array(node, { minLength: 1, maxLength: size }).map((nodes) => {
    const rows: SubtreeRow[] = [];
    nodes.forEach(({ above, start, length, ...shape }, index) => {
      const parent = index === 0 ? undefined : rows[above % index];
      const at = [start, length === null ? null : start + length] as const;
      rows.push(
        rowOf({
          id: index + 1,
          parentId: parent?.id ?? null,
          depth: (parent?.depth ?? -1) + 1,
          shape: { ...shape, at },
        }),
      );
    });
    return toSubtree(
      rows.sort((a, b) => a.depth - b.depth || a.id - b.id),
      150,
      maxNodes,
    );
  });
}

function rowOf(given: {
  readonly id: number;
  readonly parentId: number | null;
  readonly depth: number;
  readonly shape: Shape;
}): SubtreeRow {
  const { at, pipeline = given.id, failed = false, rows = 0 } = given.shape;
  return {
    id: given.id,
    parent_id: given.parentId,
    depth: given.depth,
    pipeline_id: pipeline,
    pipeline_name: `pipeline ${pipeline}`,
    pipeline_type_id: pipeline % 2,
    pipeline_type_name: `type ${pipeline % 2}`,
    completed_successfully: at[1] === null ? null : !failed,
    start_ms: at[0],
    end_ms: at[1],
    total_rows: at[1] === null ? null : rows,
    inserts: at[1] === null ? null : rows,
    updates: null,
    soft_deletes: null,
  };
}
