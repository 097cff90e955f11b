/**
 * The checks, as sets: each statement reads the tables of the modules below by their partial indexes and writes only
 * incidents, so that it costs what it finds and not what there is. `$1` is now: the clock of the caller, so that one
 * check has one moment.
 */

/** One check of a kind at a time, on whichever replica; goes with the transaction, so it works through a pooler. */
export const LOCK_CHECK = `SELECT pg_advisory_xact_lock(hashtextextended('watcher.check.' || $1::text, 0))`;

/** When a pipeline's newest data came; the registration, where none came yet. As in the indexes of `pipeline`. */
const LOADED_AT = `coalesce(GREATEST(p.last_target_insert, p.last_target_update, p.last_target_soft_delete), p.created_at)`;

/**
 * The stale pipelines: those with a threshold of their own by ix_pipeline_stale_at, the others type by type by
 * ix_pipeline_loaded_at. That one is asked for what loaded before now minus the type's threshold; one month has up
 * to three days more than another, so for months and years four days are added and the exact rule asked after. A type
 * that allows more than 4,000 years has nothing stale, and its moment would be before the first that PostgreSQL knows.
 * OFFSET 0 keeps the planner from turning the two steps into one pass over all pipelines.
 */
const STALE = `
  SELECT p.id AS pipeline_id, ${LOADED_AT} AS since, p.freshness_number AS number, p.freshness_datepart AS datepart,
         watcher_due(${LOADED_AT}, p.freshness_number, p.freshness_datepart::text) AS due
    FROM pipeline p
    JOIN pipeline_type t ON t.id = p.pipeline_type_id
   WHERE p.active AND NOT p.mute_freshness_check AND p.freshness_number IS NOT NULL AND NOT t.mute_freshness_check
     AND watcher_due(${LOADED_AT}, p.freshness_number, p.freshness_datepart::text) < $1::timestamptz
   UNION ALL
  SELECT old.id, old.since, t.freshness_number, t.freshness_datepart,
         watcher_due(old.since, t.freshness_number, t.freshness_datepart::text)
    FROM pipeline_type t
   CROSS JOIN LATERAL (
         SELECT p.id, ${LOADED_AT} AS since
           FROM pipeline p
          WHERE p.pipeline_type_id = t.id
            AND p.active AND NOT p.mute_freshness_check AND p.freshness_number IS NULL
            AND ${LOADED_AT} < CASE WHEN watcher_interval(t.freshness_number, t.freshness_datepart::text) < '4000 years'
                THEN ($1::timestamptz AT TIME ZONE 'UTC'
                      + CASE WHEN t.freshness_datepart IN ('month', 'year') THEN interval '4 days' ELSE interval '0' END
                      - watcher_interval(t.freshness_number, t.freshness_datepart::text)) AT TIME ZONE 'UTC' END
         OFFSET 0) old
   WHERE t.freshness_number IS NOT NULL AND NOT t.mute_freshness_check
     AND watcher_due(old.since, t.freshness_number, t.freshness_datepart::text) < $1::timestamptz`;

/** Opens an incident for each stale pipeline that has none open; by uq_incident_open. */
export const OPEN_STALE = `
  INSERT INTO incident (kind, pipeline_id, opened_at, expected_at, since, threshold_number, threshold_datepart)
  SELECT 'freshness', stale.pipeline_id, $1::timestamptz, stale.due, stale.since, stale.number, stale.datepart
    FROM (${STALE}) stale
   WHERE NOT EXISTS (SELECT FROM incident i
                      WHERE i.kind = 'freshness' AND coalesce(i.execution_id, i.pipeline_id) = stale.pipeline_id
                        AND i.resolved_at IS NULL)
   ORDER BY stale.due, stale.pipeline_id
      ON CONFLICT (kind, coalesce(execution_id, pipeline_id)) WHERE resolved_at IS NULL DO NOTHING
  RETURNING id`;

/** Resolves the open incidents of pipelines that are not stale any more; by uq_incident_open and pk_pipeline. */
export const RESOLVE_STALE = `
  UPDATE incident i
     SET resolved_at = $1::timestamptz,
         resolution = CASE WHEN NOT p.active THEN 'inactive'
                           WHEN p.mute_freshness_check OR t.mute_freshness_check THEN 'muted'
                           WHEN ${LOADED_AT} > i.since THEN 'loaded'
                           ELSE 'threshold' END
    FROM pipeline p
    JOIN pipeline_type t ON t.id = p.pipeline_type_id
   WHERE i.kind = 'freshness' AND i.resolved_at IS NULL AND p.id = i.pipeline_id
     AND (NOT p.active OR p.mute_freshness_check OR t.mute_freshness_check
          OR coalesce(watcher_due(${LOADED_AT}, coalesce(p.freshness_number, t.freshness_number),
                                  coalesce(p.freshness_datepart, t.freshness_datepart)::text) >= $1::timestamptz, true))
  RETURNING i.id`;

/** How many pipelines a freshness check is about; counted only where somebody asks. */
export const COUNT_FRESHNESS = `
  SELECT count(*)::int AS checked
    FROM pipeline p
    JOIN pipeline_type t ON t.id = p.pipeline_type_id
   WHERE p.active AND NOT p.mute_freshness_check AND NOT t.mute_freshness_check
     AND coalesce(p.freshness_number, t.freshness_number) IS NOT NULL`;

/**
 * Opens an incident for each execution that runs past its deadline and has none open.
 * By ix_pipeline_execution_deadline and uq_incident_open.
 */
export const OPEN_LATE = `
  INSERT INTO incident (kind, pipeline_id, execution_id, root_id, opened_at, expected_at, since, threshold_number,
                        threshold_datepart)
  SELECT 'timeliness', e.pipeline_id, e.id, e.root_id, $1::timestamptz, e.deadline, e.start_date,
         coalesce(p.timeliness_number, t.timeliness_number), coalesce(p.timeliness_datepart, t.timeliness_datepart)
    FROM pipeline_execution e
    JOIN pipeline p ON p.id = e.pipeline_id
    JOIN pipeline_type t ON t.id = p.pipeline_type_id
   WHERE e.end_date IS NULL AND e.deadline < $1::timestamptz
     AND p.active AND NOT p.mute_timeliness_check AND NOT t.mute_timeliness_check
     AND NOT EXISTS (SELECT FROM incident i
                      WHERE i.kind = 'timeliness' AND coalesce(i.execution_id, i.pipeline_id) = e.id
                        AND i.resolved_at IS NULL)
   ORDER BY e.deadline, e.id
      ON CONFLICT (kind, coalesce(execution_id, pipeline_id)) WHERE resolved_at IS NULL DO NOTHING
  RETURNING id`;

/**
 * Opens an incident for each execution that ended late since the last check, unless its incident is open; the check
 * resolves it in the same transaction, since the execution has ended. By pk_pipeline_execution.
 */
export const OPEN_LATE_ENDS = `
  WITH ended AS (DELETE FROM late_end RETURNING execution_id)
  INSERT INTO incident (kind, pipeline_id, execution_id, root_id, opened_at, expected_at, since, threshold_number,
                        threshold_datepart)
  SELECT 'timeliness', e.pipeline_id, e.id, e.root_id, $1::timestamptz, e.deadline, e.start_date,
         coalesce(p.timeliness_number, t.timeliness_number), coalesce(p.timeliness_datepart, t.timeliness_datepart)
    FROM ended
    JOIN pipeline_execution e ON e.id = ended.execution_id
    JOIN pipeline p ON p.id = e.pipeline_id
    JOIN pipeline_type t ON t.id = p.pipeline_type_id
   WHERE e.end_date > e.deadline AND p.active AND NOT p.mute_timeliness_check AND NOT t.mute_timeliness_check
   ORDER BY e.deadline, e.id
      ON CONFLICT (kind, coalesce(execution_id, pipeline_id)) WHERE resolved_at IS NULL DO NOTHING
  RETURNING id`;

/** Resolves the open incidents of executions that are not late any more; by uq_incident_open and the primary keys. */
export const RESOLVE_LATE = `
  UPDATE incident i
     SET resolved_at = $1::timestamptz,
         resolution = CASE WHEN e.end_date IS NOT NULL THEN 'ended'
                           WHEN NOT p.active THEN 'inactive'
                           WHEN p.mute_timeliness_check OR t.mute_timeliness_check THEN 'muted'
                           ELSE 'threshold' END
    FROM pipeline_execution e
    JOIN pipeline p ON p.id = e.pipeline_id
    JOIN pipeline_type t ON t.id = p.pipeline_type_id
   WHERE i.kind = 'timeliness' AND i.resolved_at IS NULL AND e.id = i.execution_id
     AND (e.end_date IS NOT NULL OR NOT p.active OR p.mute_timeliness_check OR t.mute_timeliness_check
          OR coalesce(e.deadline >= $1::timestamptz, true))
  RETURNING i.id`;

/** Which of these incidents are of executions that ended not before a moment; by the primary keys. */
export const ENDED_SINCE = `
  SELECT i.id
    FROM incident i
    JOIN pipeline_execution e ON e.id = i.execution_id
   WHERE i.id = ANY ($1::bigint[]) AND e.end_date >= $2::timestamptz
   ORDER BY i.id`;

/**
 * Resolves the failures that no end could: the pipeline was deactivated, or came from before its ends resolved them in
 * any order. By uq_incident_open_failure and ix_pipeline_execution_pipeline_succeeded_end.
 */
export const RESOLVE_FAILED = `
  UPDATE incident i
     SET resolved_at = $1::timestamptz, resolution = CASE WHEN p.active THEN 'succeeded' ELSE 'inactive' END
    FROM pipeline p,
         watcher_last_success(ARRAY(SELECT open.pipeline_id FROM incident open
                                     WHERE open.kind = 'failure' AND open.resolved_at IS NULL)) success
   WHERE i.kind = 'failure' AND i.resolved_at IS NULL AND p.id = i.pipeline_id AND success.pipeline_id = i.pipeline_id
     AND (NOT p.active OR success.end_date >= i.since)
  RETURNING i.id`;

/** How many executions a timeliness check is about; counted only where somebody asks. By ix_pipeline_execution_deadline. */
export const COUNT_TIMELINESS = `
  SELECT (count(*) + (SELECT count(*) FROM late_end))::int AS checked
    FROM pipeline_execution e
    JOIN pipeline p ON p.id = e.pipeline_id
    JOIN pipeline_type t ON t.id = p.pipeline_type_id
   WHERE e.end_date IS NULL AND e.deadline IS NOT NULL
     AND p.active AND NOT p.mute_timeliness_check AND NOT t.mute_timeliness_check`;
