import { prepared } from '../../platform/database/prepared-statements.js';

/**
 * The statements that move an execution with all its descendants, run in sequence under the exclusive tree lock. `$1`
 * is the execution, `$2` its new parent.
 */

/** Whether an execution is another one or its descendant. Uses pk_pipeline_execution_closure. */
export const IS_BELOW = `
  SELECT EXISTS (SELECT FROM pipeline_execution_closure c
                  WHERE c.child_execution_id = $2::bigint AND c.parent_execution_id = $1::bigint) AS below`;

/** The roots of executions, of which some may be null. Uses pk_pipeline_execution. */
export const ROOTS_OF = `
  SELECT DISTINCT e.root_id AS root FROM pipeline_execution e WHERE e.id = ANY ($1::bigint[])`;

/** Deletes the rows that link the subtree to its old ancestors. Uses both indexes of the closure. */
export const DELETE_ABOVE = `
  DELETE FROM pipeline_execution_closure c
   WHERE c.child_execution_id = ANY (ARRAY(SELECT below.child_execution_id
                                             FROM pipeline_execution_closure below
                                            WHERE below.parent_execution_id = $1::bigint))
     AND c.parent_execution_id = ANY (ARRAY(SELECT above.parent_execution_id
                                              FROM pipeline_execution_closure above
                                             WHERE above.child_execution_id = $1::bigint AND above.depth > 0))`;

/** Inserts the rows that link the subtree to the new parent and its ancestors. Uses both indexes of the closure. */
export const INSERT_ABOVE = `
  WITH above AS MATERIALIZED (
    SELECT c.parent_execution_id AS id, c.depth
      FROM pipeline_execution_closure c
     WHERE c.child_execution_id = $2::bigint
  ), below AS MATERIALIZED (
    SELECT c.child_execution_id AS id, c.depth
      FROM pipeline_execution_closure c
     WHERE c.parent_execution_id = $1::bigint
  )
  INSERT INTO pipeline_execution_closure (parent_execution_id, child_execution_id, depth)
  SELECT above.id, below.id, above.depth + below.depth + 1
    FROM above
   CROSS JOIN below`;

/** Sets the parent of the execution. Uses pk_pipeline_execution. */
export const SET_PARENT = `
  UPDATE pipeline_execution SET parent_id = $2::bigint WHERE id = $1::bigint`;

/** Sets the root of the subtree to the new parent's, or to the execution itself. Uses pk_pipeline_execution. */
export const SET_ROOT = `
  WITH root AS MATERIALIZED (
    SELECT coalesce((SELECT parent.root_id FROM pipeline_execution parent WHERE parent.id = $2::bigint), $1::bigint) AS id
  )
  UPDATE pipeline_execution e
     SET root_id = root.id
    FROM root
   WHERE e.id = ANY (ARRAY(SELECT below.child_execution_id
                             FROM pipeline_execution_closure below
                            WHERE below.parent_execution_id = $1::bigint))
     AND e.root_id <> root.id`;

/** The depths of executions. Uses pk_pipeline_execution_closure. */
export const DEPTHS_OF = prepared(`
  SELECT c.child_execution_id AS id, max(c.depth) AS levels
    FROM pipeline_execution_closure c
   WHERE c.child_execution_id = ANY (ARRAY (SELECT unnest($1::bigint[])))
   GROUP BY c.child_execution_id`);

/** Executions with those above them, each from itself to its root. Uses pk_pipeline_execution_closure. */
export const LINES_OF = `
  SELECT c.child_execution_id AS id, c.parent_execution_id AS above
    FROM pipeline_execution_closure c
   WHERE c.child_execution_id = ANY (ARRAY (SELECT unnest($1::bigint[])))
   ORDER BY c.child_execution_id, c.depth`;

/** The depths of the subtrees of executions. Uses the index of the closure by parent. */
export const HEIGHTS_OF = prepared(`
  SELECT c.parent_execution_id AS id, max(c.depth) AS levels
    FROM pipeline_execution_closure c
   WHERE c.parent_execution_id = ANY (ARRAY (SELECT unnest($1::bigint[])))
   GROUP BY c.parent_execution_id`);
