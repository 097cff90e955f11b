import { prepared } from '../../platform/database/prepared-statements.js';

/** Deletes the executions $1, see `watcher_delete_executions`. */
export const DELETE_EXECUTIONS = prepared(`
  SELECT d.pairs FROM watcher_delete_executions($1::bigint[]) d`);

/** Roots among the executions of a pipeline, oldest first, at most $2. Uses ix_pipeline_execution_pipeline_start. */
export const FIND_ROOTS_OF_PIPELINE = `
  SELECT e.id
    FROM pipeline_execution e
   WHERE e.pipeline_id = $1::bigint AND e.parent_id IS NULL
   ORDER BY e.start_date, e.id
   LIMIT $2::int`;

/** Whether a pipeline has an execution. Uses ix_pipeline_execution_pipeline_start. */
export const HAS_EXECUTIONS = `
  SELECT EXISTS (SELECT FROM pipeline_execution e WHERE e.pipeline_id = $1::bigint) AS found`;

/**
 * Whether a pipeline has an execution in a tree of another pipeline. Uses ix_pipeline_execution_pipeline_start and
 * pk_pipeline_execution.
 */
export const IS_IN_OTHER_TREES = `
  SELECT EXISTS (SELECT FROM pipeline_execution root
                  WHERE root.id = ANY (ARRAY(SELECT DISTINCT e.root_id
                                               FROM pipeline_execution e
                                              WHERE e.pipeline_id = $1::bigint AND e.parent_id IS NOT NULL))
                    AND root.pipeline_id <> $1::bigint) AS found`;
