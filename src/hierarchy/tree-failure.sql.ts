/**
 * The root causes of failed trees: the failed executions that have no failed one below them, the first failures first,
 * `$2` of each tree with the number of them all. Costs what has failed times how deep it lies, not what the trees hold:
 * whoever stands above a failed execution is no cause. By ix_pipeline_execution_root_failed and
 * pk_pipeline_execution_closure.
 */
export const ROOT_CAUSES_OF_TREES = `
  WITH failed AS MATERIALIZED (
    SELECT e.id, e.root_id, e.pipeline_id, e.end_date, e.error_message
      FROM pipeline_execution e
     WHERE e.root_id = ANY($1::bigint[]) AND e.completed_successfully = false
  ), above AS (
    SELECT DISTINCT c.parent_execution_id AS id
      FROM failed f
      JOIN pipeline_execution_closure c ON c.child_execution_id = f.id
     WHERE c.depth > 0
  ), cause AS (
    SELECT f.*, row_number() OVER (PARTITION BY f.root_id ORDER BY f.end_date, f.id) AS position,
           count(*) OVER (PARTITION BY f.root_id)::int AS total
      FROM failed f
     WHERE NOT EXISTS (SELECT FROM above WHERE above.id = f.id)
  )
  SELECT cause.root_id, cause.id AS execution_id, cause.pipeline_id, p.name AS pipeline_name, cause.error_message,
         cause.total
    FROM cause
    JOIN pipeline p ON p.id = cause.pipeline_id
   WHERE cause.position <= $2::int
   ORDER BY cause.root_id, cause.position`;
