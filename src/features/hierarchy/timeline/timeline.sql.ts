/**
 * The first $3 descendants of an execution, itself included, level by level down to the depth $2. One range of
 * ix_pipeline_execution_closure_parent.
 */
export const FIND_BELOW = `
  SELECT c.child_execution_id AS id, c.depth
    FROM pipeline_execution_closure c
   WHERE c.parent_execution_id = $1::bigint AND c.depth <= $2::int
   ORDER BY c.depth, c.child_execution_id
   LIMIT $3::int`;

/** The same for those of the executions $3 that are below it. Uses pk_pipeline_execution_closure. */
export const FIND_AMONG = `
  SELECT c.child_execution_id AS id, c.depth
    FROM pipeline_execution_closure c
   WHERE c.child_execution_id = ANY ($3::bigint[]) AND c.parent_execution_id = $1::bigint AND c.depth <= $2::int
   ORDER BY c.depth, c.child_execution_id`;

/** What is drawn of executions, in no particular order. Uses pk_pipeline_execution. */
export const FIND_BARS = `
  SELECT e.id, e.parent_id AS "parentId", e.pipeline_id AS "pipelineId", e.start_date AS "startDate",
         e.end_date AS "endDate", e.status, e.completed_successfully AS "completedSuccessfully",
         e.total_rows AS "totalRows", e.deadline
    FROM pipeline_execution e
   WHERE e.id = ANY ($1::bigint[])`;

/** The median durations of pipelines' last 20 successes; see docs/adr/0010-typical-duration.md. */
export const FIND_USUAL = `
  SELECT t.pipeline_id AS id, t.typical_ms AS "usualMs" FROM watcher_typical_ms($1::bigint[]) t`;
