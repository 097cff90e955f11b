import type { TestDatabase } from './database.js';

/** Compares the closure with a recursive walk over `parent_id`; both differences. */
const DIFFERENCES = `
  WITH RECURSIVE walked (parent_execution_id, child_execution_id, depth) AS (
    SELECT id, id, 0 FROM pipeline_execution
    UNION ALL
    SELECT w.parent_execution_id, e.id, w.depth + 1 FROM walked w JOIN pipeline_execution e ON e.parent_id = w.child_execution_id
  ), kept AS (
    SELECT parent_execution_id, child_execution_id, depth FROM pipeline_execution_closure
  )
  (SELECT 'missing' AS problem, * FROM walked EXCEPT ALL SELECT 'missing', * FROM kept)
  UNION ALL
  (SELECT 'surplus', * FROM kept EXCEPT ALL SELECT 'surplus', * FROM walked)`;

/** The closure equals a recursive walk, row for row. */
export async function expectExactClosure(database: TestDatabase): Promise<void> {
  expect(await database.sql(DIFFERENCES)).toEqual([]);
}
