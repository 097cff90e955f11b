import { prepared } from '../../../platform/database/prepared-statements.js';

/**
 * Opens an incident for each of these executions, unless it has an open one of the kind; by uq_incident_open. The
 * explanation says what happened.
 */
export const OPEN_WARNINGS = `
  INSERT INTO incident (kind, severity, pipeline_id, execution_id, root_id, opened_at, since, expected_at, explanation,
                        alert_wanted, notified_at)
  SELECT $1::text, $2::text, item.pipeline_id, item.execution_id, item.root_id, $3::timestamptz, item.since,
         item.expected_at, item.explanation, item.alert_wanted, NULL
    FROM jsonb_to_recordset($4::jsonb) AS item (
           pipeline_id bigint, execution_id bigint, root_id bigint, since timestamptz, expected_at timestamptz,
           explanation text, alert_wanted bool)
   ORDER BY item.execution_id
      ON CONFLICT (kind, coalesce(execution_id, pipeline_id)) WHERE resolved_at IS NULL DO NOTHING
  RETURNING id, execution_id AS "executionId"`;

/** Counts further occurrences, one for each id; by pk_incident. */
export const JOIN_WARNINGS = `
  UPDATE incident i
     SET occurrences = i.occurrences + further.times
    FROM (SELECT given.id, count(*)::int AS times FROM unnest($1::bigint[]) AS given (id) GROUP BY given.id) further
   WHERE i.id = further.id AND i.resolved_at IS NULL`;

/** By pk_incident. */
export const RESOLVE_WARNINGS = `
  UPDATE incident i
     SET resolved_at = $3::timestamptz, resolution = item.resolution
    FROM unnest($1::bigint[], $2::text[]) AS item (id, resolution)
   WHERE i.id = item.id AND i.resolved_at IS NULL
  RETURNING i.id`;

/** Resolves the incidents of a kind whose executions ended; by uq_incident_open. */
export const RESOLVE_ENDED_WARNINGS = prepared(`
  UPDATE incident i
     SET resolved_at = $3::timestamptz, resolution = 'ended'
   WHERE i.kind = $1::text AND i.resolved_at IS NULL AND coalesce(i.execution_id, i.pipeline_id) = ANY (ARRAY (SELECT unnest($2::bigint[])))
  RETURNING i.id`);

/** Resolves the incidents of these kinds whose pipelines are not watched any more; by uq_incident_open. */
export const RESOLVE_UNWATCHED_WARNINGS = `
  UPDATE incident i
     SET resolved_at = $2::timestamptz,
         resolution = CASE WHEN p.active AND NOT p.archived THEN 'muted' ELSE 'inactive' END
    FROM pipeline p
    JOIN pipeline_type t ON t.id = p.pipeline_type_id
   WHERE i.kind = ANY ($1::text[]) AND i.resolved_at IS NULL AND p.id = i.pipeline_id
     AND (NOT p.active OR p.archived OR p.mute_anomaly_check OR t.mute_anomaly_check)
  RETURNING i.id`;

/** The executions of all open incidents of a kind; by uq_incident_open. */
export const FIND_ALL_WARNED = `
  SELECT i.execution_id AS id FROM incident i WHERE i.kind = $1::text AND i.resolved_at IS NULL`;

/** Those executions that have an open incident of a kind; by uq_incident_open. */
export const FIND_WARNED = `
  SELECT i.execution_id AS id
    FROM incident i
   WHERE i.kind = $1::text AND i.resolved_at IS NULL AND coalesce(i.execution_id, i.pipeline_id) = ANY ($2::bigint[])`;
