/** Those of these pipelines, each with a moment, of which an execution started between that and $3. */
export const FIND_STARTED = `
  SELECT s.pipeline_id AS id FROM watcher_started_pipelines($1::bigint[], $2::timestamptz[], $3::timestamptz) s`;

/** Opens an incident for each of these missed starts, or counts them in the open one. By uq_incident_open. */
export const OPEN_MISSED = `
  INSERT INTO incident AS open (kind, severity, pipeline_id, opened_at, expected_at, since, occurrences, notified_at)
  SELECT 'missed', $6::text, item.pipeline_id, $1::timestamptz, item.expected_at, item.since, item.occurrences, NULL
    FROM unnest($2::bigint[], $3::timestamptz[], $4::timestamptz[], $5::int[])
      AS item (pipeline_id, expected_at, since, occurrences)
   ORDER BY item.pipeline_id
      ON CONFLICT (kind, coalesce(execution_id, pipeline_id)) WHERE resolved_at IS NULL DO UPDATE
     SET occurrences = open.occurrences + excluded.occurrences, expected_at = excluded.expected_at
  RETURNING open.id, open.expected_at AS "expectedAt", open.opened_at = $1::timestamptz AS "isNew"`;

/** Resolves the open incidents of missed starts whose pipeline has started since. By uq_incident_open. */
export const RESOLVE_MISSED = `
  UPDATE incident i
     SET resolved_at = $1::timestamptz,
         resolution = CASE WHEN started.pipeline_id IS NOT NULL THEN 'started'
                           WHEN NOT p.active OR p.archived THEN 'inactive'
                           WHEN p.mute_schedule_check THEN 'muted'
                           ELSE 'threshold' END
    FROM pipeline p
    LEFT JOIN watcher_started_pipelines(
           ARRAY(SELECT o.pipeline_id FROM incident o
                  WHERE o.kind = 'missed' AND o.resolved_at IS NULL ORDER BY o.id),
           ARRAY(SELECT o.since FROM incident o
                  WHERE o.kind = 'missed' AND o.resolved_at IS NULL ORDER BY o.id),
           'infinity') started ON started.pipeline_id = p.id
   WHERE i.kind = 'missed' AND i.resolved_at IS NULL AND p.id = i.pipeline_id
     AND (started.pipeline_id IS NOT NULL OR NOT p.active OR p.archived OR p.mute_schedule_check
          OR p.schedule IS NULL)
  RETURNING i.id`;
