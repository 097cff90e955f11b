import { prepared } from '../../../platform/database/prepared-statements.js';

/**
 * The checks, as set operations: each statement calls the functions of the modules below (`database/views`), which use
 * their partial indexes, and writes only incidents; so its cost depends on the findings and not on the table sizes.
 * `$1` is the current time by the caller's clock, so that one check uses one moment.
 */

/** Allows one check of a kind at a time across replicas. A transaction-level lock, so it works through a pooler. */
export const LOCK_CHECK = `SELECT pg_advisory_xact_lock(hashtextextended('watcher.check.' || $1::text, 0))`;

/**
 * Opens an incident for each pipeline past its threshold, or past the threshold of its warning, without an open one; by
 * uq_incident_open. A pipeline past both gets the critical one, which comes first.
 */
export const OPEN_STALE = `
  INSERT INTO incident (kind, severity, pipeline_id, opened_at, expected_at, since, threshold_number,
                        threshold_datepart, notified_at)
  SELECT 'freshness', stale.severity, stale.pipeline_id, $1::timestamptz, stale.due, stale.since,
         stale.threshold_number, stale.threshold_datepart, NULL
    FROM (SELECT 'critical' AS severity, found.* FROM watcher_stale_pipelines($1::timestamptz) found
           UNION ALL
          SELECT 'warning', found.* FROM watcher_warned_pipelines($1::timestamptz) found) stale
   WHERE NOT EXISTS (SELECT FROM incident i
                      WHERE i.kind = 'freshness' AND coalesce(i.execution_id, i.pipeline_id) = stale.pipeline_id
                        AND i.resolved_at IS NULL)
   ORDER BY stale.severity, stale.due, stale.pipeline_id
      ON CONFLICT (kind, coalesce(execution_id, pipeline_id)) WHERE resolved_at IS NULL DO NOTHING
  RETURNING id`;

/** Makes warnings of pipelines that are stale by now critical; by uq_incident_open. */
export const ESCALATE_STALE = `
  UPDATE incident i
     SET severity = 'critical', expected_at = stale.due, threshold_number = stale.threshold_number,
         threshold_datepart = stale.threshold_datepart
    FROM watcher_stale_pipelines($1::timestamptz) stale
   WHERE i.kind = 'freshness' AND i.severity = 'warning' AND i.resolved_at IS NULL
     AND coalesce(i.execution_id, i.pipeline_id) = stale.pipeline_id
  RETURNING i.id`;

/** Resolves the open incidents of pipelines that are no longer stale; by uq_incident_open and pk_pipeline. */
export const RESOLVE_STALE = `
  UPDATE incident i
     SET resolved_at = $1::timestamptz,
         resolution = CASE WHEN NOT p.active THEN 'inactive'
                           WHEN p.mute_freshness_check THEN 'muted'
                           WHEN p.loaded_at > i.since THEN 'loaded'
                           ELSE 'threshold' END
    FROM watcher_pipeline_threshold p
   WHERE i.kind = 'freshness' AND i.resolved_at IS NULL AND p.pipeline_id = i.pipeline_id
     AND (NOT p.active OR p.mute_freshness_check
          OR coalesce(CASE WHEN i.severity = 'warning'
                           THEN watcher_due(p.loaded_at, p.freshness_warn_number, p.freshness_warn_datepart)
                           ELSE watcher_due(p.loaded_at, p.freshness_number, p.freshness_datepart)
                      END >= $1::timestamptz, true))
  RETURNING i.id`;

/** The number of pipelines that a freshness check covers; counted only on request. */
export const COUNT_FRESHNESS = `
  SELECT count(*)::int AS checked
    FROM watcher_pipeline_threshold p
   WHERE p.active AND NOT p.mute_freshness_check AND p.freshness_number IS NOT NULL`;

/** The same for each execution that runs past its deadline, or past the threshold of its warning. */
export const OPEN_LATE = `
  WITH found AS MATERIALIZED (
    SELECT 'critical' AS severity, late.id, late.pipeline_id, late.start_date, late.deadline AS due,
           p.timeliness_number AS threshold_number, p.timeliness_datepart AS threshold_datepart
      FROM watcher_late_executions($1::timestamptz) late
      JOIN watcher_pipeline_threshold p ON p.pipeline_id = late.pipeline_id
     WHERE p.active AND NOT p.mute_timeliness_check
     UNION ALL
    SELECT 'warning', warned.id, warned.pipeline_id, warned.start_date, warned.due, warned.threshold_number,
           warned.threshold_datepart
      FROM watcher_warned_executions($1::timestamptz) warned
  ), late AS MATERIALIZED (
    SELECT found.*
      FROM found
     WHERE NOT EXISTS (SELECT FROM incident i
                        WHERE i.kind = 'timeliness' AND coalesce(i.execution_id, i.pipeline_id) = found.id
                          AND i.resolved_at IS NULL)
  )
  INSERT INTO incident (kind, severity, pipeline_id, execution_id, root_id, opened_at, expected_at, since,
                        threshold_number, threshold_datepart, notified_at)
  SELECT 'timeliness', late.severity, late.pipeline_id, late.id, tree.root_id, $1::timestamptz, late.due,
         late.start_date, late.threshold_number, late.threshold_datepart, NULL
    FROM late
    JOIN watcher_execution_roots(ARRAY(SELECT late.id FROM late)) tree ON tree.id = late.id
   ORDER BY late.severity, late.due, late.id
      ON CONFLICT (kind, coalesce(execution_id, pipeline_id)) WHERE resolved_at IS NULL DO NOTHING
  RETURNING id`;

/** Makes warnings of executions past their deadline critical; by uq_incident_open. */
export const ESCALATE_LATE = `
  UPDATE incident i
     SET severity = 'critical', expected_at = late.deadline, threshold_number = p.timeliness_number,
         threshold_datepart = p.timeliness_datepart
    FROM watcher_late_executions($1::timestamptz) late
    JOIN watcher_pipeline_threshold p ON p.pipeline_id = late.pipeline_id
   WHERE i.kind = 'timeliness' AND i.severity = 'warning' AND i.resolved_at IS NULL
     AND coalesce(i.execution_id, i.pipeline_id) = late.id AND p.active AND NOT p.mute_timeliness_check
  RETURNING i.id`;

/** Records executions that ended late, for the next timeliness check. */
export const NOTE_LATE_ENDS = prepared(`
  INSERT INTO late_end (execution_id) SELECT unnest($1::bigint[]) ON CONFLICT DO NOTHING`);

/**
 * Opens an incident for each execution that ended late since the last check, unless its incident is open; the check
 * resolves it in the same transaction, since the execution has ended.
 */
export const OPEN_LATE_ENDS = `
  WITH ended AS (DELETE FROM late_end RETURNING execution_id)
  INSERT INTO incident (kind, pipeline_id, execution_id, root_id, opened_at, expected_at, since, threshold_number,
                        threshold_datepart, notified_at)
  SELECT 'timeliness', e.pipeline_id, e.id, tree.root_id, $1::timestamptz, e.deadline, e.start_date,
         p.timeliness_number, p.timeliness_datepart, NULL
    FROM watcher_execution_deadlines(ARRAY(SELECT ended.execution_id FROM ended)) e
    JOIN watcher_execution_roots(ARRAY(SELECT ended.execution_id FROM ended)) tree ON tree.id = e.id
    JOIN watcher_pipeline_threshold p ON p.pipeline_id = e.pipeline_id
   WHERE e.end_date > e.deadline AND p.active AND NOT p.mute_timeliness_check
   ORDER BY e.deadline, e.id
      ON CONFLICT (kind, coalesce(execution_id, pipeline_id)) WHERE resolved_at IS NULL DO NOTHING
  RETURNING id`;

/** Resolves the open incidents of executions that are no longer late; by uq_incident_open. */
export const RESOLVE_LATE = `
  UPDATE incident i
     SET resolved_at = $1::timestamptz,
         resolution = CASE WHEN e.end_date IS NOT NULL THEN 'ended'
                           WHEN NOT p.active THEN 'inactive'
                           WHEN p.mute_timeliness_check THEN 'muted'
                           ELSE 'threshold' END
    FROM watcher_execution_deadlines(ARRAY(SELECT o.execution_id FROM incident o
                                            WHERE o.kind = 'timeliness' AND o.resolved_at IS NULL)) e
    JOIN watcher_pipeline_threshold p ON p.pipeline_id = e.pipeline_id
   WHERE i.kind = 'timeliness' AND i.resolved_at IS NULL AND e.id = i.execution_id
     AND (e.end_date IS NOT NULL OR NOT p.active OR p.mute_timeliness_check
          OR coalesce(CASE WHEN i.severity = 'warning'
                           THEN watcher_due(e.start_date, p.timeliness_warn_number, p.timeliness_warn_datepart)
                           ELSE e.deadline END >= $1::timestamptz, true))
  RETURNING i.id`;

/** Those of these incidents whose executions ended at or after a moment; by pk_incident. */
export const ENDED_SINCE = `
  SELECT i.id
    FROM watcher_execution_deadlines(ARRAY(SELECT o.execution_id FROM incident o WHERE o.id = ANY ($1::bigint[]))) e
    JOIN incident i ON i.execution_id = e.id
   WHERE i.id = ANY ($1::bigint[]) AND e.end_date >= $2::timestamptz
   ORDER BY i.id`;

/**
 * Resolves the failures that no end could resolve: the pipeline was deactivated, or a replica of the previous version
 * missed that a success was reported before the failure. By uq_incident_open_failure.
 */
export const RESOLVE_FAILED = `
  UPDATE incident i
     SET resolved_at = $1::timestamptz, resolution = CASE WHEN p.active THEN 'succeeded' ELSE 'inactive' END
    FROM watcher_last_success(ARRAY(SELECT DISTINCT o.pipeline_id FROM incident o
                                     WHERE o.kind = 'failure' AND o.resolved_at IS NULL)) success
    JOIN watcher_pipeline_threshold p ON p.pipeline_id = success.pipeline_id
   WHERE i.kind = 'failure' AND i.resolved_at IS NULL AND i.pipeline_id = success.pipeline_id
     AND (NOT p.active OR success.end_date >= i.since)
  RETURNING i.id`;

/** The number of executions that a timeliness check covers; counted only on request. */
export const COUNT_TIMELINESS = `
  SELECT (coalesce(sum(timed.executions), 0) + (SELECT count(*) FROM late_end))::int AS checked
    FROM watcher_timed_executions() timed
    JOIN watcher_pipeline_threshold p ON p.pipeline_id = timed.pipeline_id
   WHERE p.active AND NOT p.mute_timeliness_check`;
