/** The executions of the trees with the roots $1. Uses ix_pipeline_execution_closure_parent. */
export const FIND_TREES = `
  SELECT DISTINCT c.child_execution_id AS id
    FROM pipeline_execution_closure c
   WHERE c.parent_execution_id = ANY ($1::bigint[])`;

/** Deletes the closure rows of executions whose whole trees are deleted. Uses pk_pipeline_execution_closure. */
export const DELETE_CLOSURE = `
  DELETE FROM pipeline_execution_closure c WHERE c.child_execution_id = ANY ($1::bigint[])`;
