/** A connection to the database that the service doesn't know of. */
type Database = { readonly sql: (statement: string) => Promise<unknown[]> };

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
export async function expectExactClosure(database: Database): Promise<void> {
  expect(await database.sql(DIFFERENCES)).toEqual([]);
}

/** Executions whose root is not what a walk over `parent_id` leads to; those on a cycle are never reached. */
const WRONG_ROOTS = `
  WITH RECURSIVE walked (id, root_id) AS (
    SELECT id, id FROM pipeline_execution WHERE parent_id IS NULL
    UNION ALL
    SELECT e.id, w.root_id FROM walked w JOIN pipeline_execution e ON e.parent_id = w.id
  )
  SELECT e.id, e.root_id, w.root_id AS walked FROM pipeline_execution e LEFT JOIN walked w ON w.id = e.id
   WHERE w.root_id IS DISTINCT FROM e.root_id`;

/**
 * Expected executions that are shorter than their children, are open, or are not known as expected. An expected child
 * that all its own have left does not count. They may be longer: one that all its children have left keeps its dates.
 */
const WRONG_EXPECTED = `
  SELECT e.id, e.start_date, e.end_date, child.start_date AS first_start, child.end_date AS last_end
    FROM pipeline_execution e
    LEFT JOIN LATERAL (SELECT min(c.start_date) AS start_date, max(coalesce(c.end_date, c.start_date)) AS end_date
                         FROM pipeline_execution c
                        WHERE c.parent_id = e.id
                          AND (c.status <> 'expected' OR EXISTS (SELECT FROM pipeline_execution WHERE parent_id = c.id))
                      ) child ON true
    LEFT JOIN pipeline_execution_expected x ON x.execution_id = e.id
   WHERE (e.status = 'expected') <> (x.execution_id IS NOT NULL)
      OR e.status = 'expected'
         AND (e.end_date IS NULL OR e.completed_successfully IS NOT NULL
              OR child.start_date < e.start_date OR child.end_date > e.end_date)`;

/** All attempts at a run but the highest are superseded. */
const WRONG_ATTEMPTS = `
  SELECT e.id, a.slot_id, e.attempt, e.superseded
    FROM pipeline_execution_attempt a
    JOIN pipeline_execution e ON e.id = a.execution_id
   WHERE e.attempt <> a.attempt
      OR e.superseded <> (a.attempt < (SELECT max(o.attempt) FROM pipeline_execution_attempt o WHERE o.slot_id = a.slot_id))`;

/** The closure, the roots, the spans of expected executions and the attempts are what the executions make them. */
export async function expectExactTrees(database: Database): Promise<void> {
  await expectExactClosure(database);
  for (const wrong of [WRONG_ROOTS, WRONG_EXPECTED, WRONG_ATTEMPTS]) expect(await database.sql(wrong)).toEqual([]);
}
