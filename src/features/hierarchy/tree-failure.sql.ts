import { prepared } from '../../platform/database/prepared-statements.js';

/**
 * The root causes of failed trees, first failures first: at most `$2` per tree, with the total number; see
 * `watcher_root_causes_of`. Only for these, names are read by pk_pipeline and messages, which may be long, by
 * pk_pipeline_execution.
 */
export const ROOT_CAUSES_OF_TREES = prepared(`
  WITH cause AS MATERIALIZED (
    SELECT c.root_id, c.id, c.pipeline_id,
           row_number() OVER (PARTITION BY c.root_id ORDER BY c.end_date, c.id) AS position,
           count(*) OVER (PARTITION BY c.root_id)::int AS total
      FROM watcher_root_causes_of($1::bigint[]) c
  ), message AS MATERIALIZED (
    SELECT e.id, e.error_message
      FROM pipeline_execution e
     WHERE e.id = ANY (ARRAY(SELECT cause.id FROM cause WHERE cause.position <= $2::int))
  )
  SELECT cause.root_id, cause.id AS execution_id, cause.pipeline_id, p.name AS pipeline_name, message.error_message,
         cause.total
    FROM cause
    JOIN message ON message.id = cause.id
    JOIN pipeline p ON p.id = cause.pipeline_id
   ORDER BY cause.root_id, cause.position`);
