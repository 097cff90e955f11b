/** The executions of the trees with the roots $1. Uses ix_pipeline_execution_closure_parent. */
export const FIND_TREES = `
  SELECT DISTINCT c.child_execution_id AS id
    FROM pipeline_execution_closure c
   WHERE c.parent_execution_id = ANY ($1::bigint[])`;

/**
 * The executions of the tree with the root $1, with their parents and whether they run: the status of one that runs has
 * no end. Uses ix_pipeline_execution_closure_parent and pk_pipeline_execution.
 */
export const FIND_TREE = `
  SELECT e.id, e.parent_id AS "parentId", e.end_date IS NULL AS "isOpen"
    FROM pipeline_execution e
   WHERE e.id = ANY (ARRAY(SELECT c.child_execution_id
                             FROM pipeline_execution_closure c
                            WHERE c.parent_execution_id = $1::bigint))`;
