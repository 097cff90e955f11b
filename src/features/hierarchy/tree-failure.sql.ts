/**
 * The root causes of failed trees, the first failures first, `$2` of each tree with the number of them all; see
 * `watcher_root_causes`. The messages of those alone leave the database, because one may be long.
 */
export const ROOT_CAUSES_OF_TREES = `
  SELECT cause.root_id, cause.execution_id, cause.pipeline_id, cause.pipeline_name, cause.error_message, cause.total
    FROM (SELECT c.top_id AS root_id, c.id AS execution_id, c.pipeline_id, c.pipeline_name, c.error_message,
                 row_number() OVER (PARTITION BY c.top_id ORDER BY c.end_date, c.id) AS position,
                 count(*) OVER (PARTITION BY c.top_id)::int AS total
            FROM watcher_root_causes($1::bigint[]) c) cause
   WHERE cause.position <= $2::int
   ORDER BY cause.root_id, cause.position`;
