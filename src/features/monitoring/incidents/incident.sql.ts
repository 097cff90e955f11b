/**
 * Opens an incident for each failed root; of an inactive pipeline none, since those are not watched.
 * By pk_pipeline, and uq_incident_open against a second one.
 */
export const OPEN_FAILURES = `
  INSERT INTO incident (kind, pipeline_id, execution_id, opened_at, since, root_causes, root_cause_count)
  SELECT 'failure', item.pipeline_id, item.execution_id, $2::timestamptz, item.since, item.root_causes,
         item.root_cause_count
    FROM jsonb_to_recordset($1::jsonb) AS item (
           pipeline_id bigint, execution_id bigint, since timestamptz, root_causes jsonb, root_cause_count int)
    JOIN pipeline p ON p.id = item.pipeline_id
   WHERE p.active
   ORDER BY item.execution_id
      ON CONFLICT (kind, coalesce(execution_id, pipeline_id)) WHERE resolved_at IS NULL DO NOTHING
  RETURNING id`;

/** Whether any of the pipelines has a failure open; by uq_incident_open, which holds only what is open. */
export const HAVE_OPEN_FAILURES = `
  SELECT EXISTS (SELECT FROM incident i
                  WHERE i.kind = 'failure' AND i.resolved_at IS NULL AND i.pipeline_id = ANY ($1::bigint[])) AS open`;

/**
 * Resolves the failures of pipelines that have succeeded since. Locked in the order of their ids, so that two batches of
 * ends can't wait for each other. By uq_incident_open, which holds only what is open.
 */
export const RESOLVE_FAILURES = `
  WITH succeeded AS (
    SELECT i.id
      FROM unnest($1::bigint[], $2::timestamptz[]) AS item (pipeline_id, end_date)
      JOIN incident i ON i.pipeline_id = item.pipeline_id
     WHERE i.kind = 'failure' AND i.resolved_at IS NULL AND i.since <= item.end_date
     ORDER BY i.id
       FOR NO KEY UPDATE OF i
  )
  UPDATE incident i SET resolved_at = $3::timestamptz, resolution = 'succeeded'
    FROM succeeded
   WHERE i.id = succeeded.id AND i.resolved_at IS NULL
  RETURNING i.id`;

/** How many incidents are open, by kind, up to 100,000 in all; by ix_incident_open. */
export const COUNT_OPEN_INCIDENTS = `
  SELECT count(*) FILTER (WHERE kind = 'freshness') AS freshness,
         count(*) FILTER (WHERE kind = 'timeliness') AS timeliness,
         count(*) FILTER (WHERE kind = 'failure') AS failure
    FROM (SELECT i.kind FROM incident i WHERE i.resolved_at IS NULL LIMIT 100000) AS open`;

/** Notes executions that ended late for the next timeliness check. */
export const NOTE_LATE_ENDS = `
  INSERT INTO late_end (execution_id) SELECT unnest($1::bigint[]) ON CONFLICT DO NOTHING`;
