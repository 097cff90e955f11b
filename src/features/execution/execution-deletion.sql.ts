/**
 * The statements that delete the executions $1 with everything that this module keeps about them. Each uses a primary
 * key or a unique one.
 */

export const DELETE_EXTERNAL_IDS = `
  DELETE FROM pipeline_execution_external_id x
   USING (SELECT e.pipeline_id, e.external_id
            FROM pipeline_execution e
           WHERE e.id = ANY ($1::bigint[]) AND e.external_id IS NOT NULL) gone
   WHERE x.pipeline_id = gone.pipeline_id AND x.external_id = gone.external_id
     AND x.execution_id = ANY ($1::bigint[])`;

export const DELETE_ATTEMPTS = `
  DELETE FROM pipeline_execution_attempt a WHERE a.execution_id = ANY ($1::bigint[])`;

export const DELETE_EXPECTED = `
  DELETE FROM pipeline_execution_expected x WHERE x.execution_id = ANY ($1::bigint[])`;

export const DELETE_HEARTBEATS = `
  DELETE FROM execution_heartbeat h WHERE h.execution_id = ANY ($1::bigint[])`;

export const DELETE_EXECUTIONS = `
  DELETE FROM pipeline_execution e WHERE e.id = ANY ($1::bigint[])`;

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
