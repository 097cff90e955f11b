import { prepared } from '../../../platform/database/prepared-statements.js';

/**
 * Opens an incident for each of these lost roots: their ids, pipelines, last signs of life, and the number of lost
 * executions of each tree. Inactive and archived pipelines get none, since
 * they are not watched. By pk_pipeline and
 * uq_incident_open.
 */
export const OPEN_LOST = `
  INSERT INTO incident (kind, severity, pipeline_id, execution_id, root_id, opened_at, since, occurrences,
                        notified_at)
  SELECT 'lost', $6::text, tree.pipeline_id, tree.root_id, tree.root_id, $1::timestamptz, tree.since, tree.executions,
         NULL
    FROM unnest($2::bigint[], $3::bigint[], $4::timestamptz[], $5::int[])
      AS tree (root_id, pipeline_id, since, executions)
    JOIN pipeline p ON p.id = tree.pipeline_id
   WHERE p.active AND NOT p.archived
   ORDER BY tree.root_id
      ON CONFLICT (kind, coalesce(execution_id, pipeline_id)) WHERE resolved_at IS NULL DO NOTHING
  RETURNING id, since`;

/** Counts further lost executions of trees whose root is lost. By uq_incident_open. */
export const COUNT_LOST_BELOW = `
  UPDATE incident i
     SET occurrences = i.occurrences + tree.executions
    FROM unnest($1::bigint[], $2::int[]) AS tree (root_id, executions)
   WHERE i.kind = 'lost' AND i.resolved_at IS NULL AND coalesce(i.execution_id, i.pipeline_id) = tree.root_id`;

/**
 * Resolves the incidents of lost roots whose pipeline has succeeded since, or is not active any more. By
 * uq_incident_open.
 */
export const RESOLVE_LOST = `
  UPDATE incident i
     SET resolved_at = $1::timestamptz, resolution = CASE WHEN p.active THEN 'succeeded' ELSE 'inactive' END
    FROM watcher_last_success(ARRAY(SELECT DISTINCT o.pipeline_id FROM incident o
                                     WHERE o.kind = 'lost' AND o.resolved_at IS NULL)) success
    JOIN watcher_pipeline_threshold p ON p.pipeline_id = success.pipeline_id
   WHERE i.kind = 'lost' AND i.resolved_at IS NULL AND i.pipeline_id = success.pipeline_id
     AND (NOT p.active OR success.end_date >= i.since)
  RETURNING i.id`;

/** Resolves the incidents of lost roots whose end was reported after all. By uq_incident_open. */
export const RESOLVE_ENDED = prepared(`
  UPDATE incident i
     SET resolved_at = $2::timestamptz, resolution = 'ended'
   WHERE i.kind = 'lost' AND i.resolved_at IS NULL AND coalesce(i.execution_id, i.pipeline_id) = ANY (ARRAY (SELECT unnest($1::bigint[])))
  RETURNING i.id`);
