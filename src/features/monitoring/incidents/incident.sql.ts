/** The number of open incidents, by kind, up to 100,000 in all; by ix_incident_open. */
export const COUNT_OPEN_INCIDENTS = `
  SELECT count(*) FILTER (WHERE kind = 'freshness') AS freshness,
         count(*) FILTER (WHERE kind = 'timeliness') AS timeliness,
         count(*) FILTER (WHERE kind = 'failure') AS failure,
         count(*) FILTER (WHERE kind = 'lost') AS lost,
         count(*) FILTER (WHERE kind = 'missed') AS missed,
         count(*) FILTER (WHERE kind = 'slow') AS slow,
         count(*) FILTER (WHERE kind = 'anomaly') AS anomaly
    FROM (SELECT i.kind FROM incident i WHERE i.resolved_at IS NULL LIMIT 100000) AS open`;

/** Where incidents begin: their executions and the causes of failures; by pk_incident. */
export const FIND_ORIGINS = `
  SELECT i.id AS "incidentId", i.pipeline_id AS "pipelineId",
         ARRAY(SELECT i.execution_id WHERE i.execution_id IS NOT NULL
               UNION
               SELECT (cause.item ->> 'execution_id')::bigint
                 FROM jsonb_array_elements(i.root_causes) AS cause (item)) AS "executionIds"
    FROM incident i
   WHERE i.id = ANY ($1::bigint[])
   ORDER BY i.id`;

/** By pk_incident. */
export const STORE_IMPACTS = `
  UPDATE incident i
     SET impact_datasets = item.datasets, impact_pipelines = item.pipelines
    FROM unnest($1::bigint[], $2::int[], $3::int[]) AS item (id, datasets, pipelines)
   WHERE i.id = item.id`;

/**
 * Deletes those of the next $3 incidents after $1 that were resolved before $2. `last`: the last of these incidents; null
 * if none of a later one was resolved before. Uses pk_incident and ix_incident_failure_incident.
 */
export const DELETE_OLD_INCIDENTS = `
  WITH page AS MATERIALIZED (
    SELECT i.id, i.opened_at, i.resolved_at FROM incident i WHERE i.id > $1::bigint ORDER BY i.id LIMIT $3::int
  ), gone AS (
    DELETE FROM incident i USING page WHERE i.id = page.id AND i.resolved_at < $2::timestamptz RETURNING i.id
  ), failures AS (
    DELETE FROM incident_failure f USING gone WHERE f.incident_id = gone.id
  )
  SELECT CASE WHEN count(*) = $3::int AND min(page.opened_at) < $2::timestamptz THEN max(page.id) END AS last FROM page`;
