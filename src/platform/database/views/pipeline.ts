/**
 * The time of a pipeline's newest data, or of its registration if it has none. Same expression as in the indexes of
 * `pipeline`.
 */
const LOADED_AT = `coalesce(GREATEST(p.last_target_insert, p.last_target_update, p.last_target_soft_delete), p.created_at)`;

/**
 * The thresholds of each pipeline: its own pair, or else its type's. An archived pipeline counts as inactive. By
 * pk_pipeline and pk_pipeline_type.
 */
const THRESHOLDS = `
  CREATE OR REPLACE VIEW watcher_pipeline_threshold AS
  SELECT p.id AS pipeline_id, p.pipeline_type_id, p.active AND NOT p.archived AS active, ${LOADED_AT} AS loaded_at,
         coalesce(p.freshness_number, t.freshness_number) AS freshness_number,
         coalesce(p.freshness_datepart, t.freshness_datepart)::text AS freshness_datepart,
         p.mute_freshness_check OR t.mute_freshness_check AS mute_freshness_check,
         coalesce(p.timeliness_number, t.timeliness_number) AS timeliness_number,
         coalesce(p.timeliness_datepart, t.timeliness_datepart)::text AS timeliness_datepart,
         p.mute_timeliness_check OR t.mute_timeliness_check AS mute_timeliness_check,
         coalesce(p.lost_after_number, t.lost_after_number) AS lost_after_number,
         coalesce(p.lost_after_datepart, t.lost_after_datepart)::text AS lost_after_datepart,
         p.freshness_warn_number, p.freshness_warn_datepart::text AS freshness_warn_datepart,
         p.timeliness_warn_number, p.timeliness_warn_datepart::text AS timeliness_warn_datepart,
         coalesce(p.retention_number, t.retention_number) AS retention_number,
         coalesce(p.retention_datepart, t.retention_datepart)::text AS retention_datepart
    FROM pipeline p
    JOIN pipeline_type t ON t.id = p.pipeline_type_id`;

/**
 * The pipelines that are stale at a moment: those with a threshold of their own by ix_pipeline_stale_at, the others
 * type by type by ix_pipeline_loaded_at. The scan of that index finds pipelines loaded before the moment minus the
 * type's threshold; months differ by up to three days, so for months and years four days are added and the exact rule
 * follows. A type that allows more than 4,000 years has no stale pipelines, and its moment would be before
 * PostgreSQL's first. OFFSET 0 keeps the planner from merging the two steps into one pass over all pipelines.
 */
const STALE = `
  CREATE OR REPLACE FUNCTION watcher_stale_pipelines(moment timestamptz)
  RETURNS TABLE (pipeline_id bigint, since timestamptz, threshold_number integer, threshold_datepart text, due timestamptz)
  LANGUAGE plpgsql STABLE ROWS 100 AS $$
  BEGIN
    RETURN QUERY
    SELECT p.id, ${LOADED_AT}, p.freshness_number, p.freshness_datepart::text,
           watcher_due(${LOADED_AT}, p.freshness_number, p.freshness_datepart::text)
      FROM pipeline p
      JOIN pipeline_type t ON t.id = p.pipeline_type_id
     WHERE p.active AND NOT p.archived AND NOT p.mute_freshness_check AND p.freshness_number IS NOT NULL
       AND NOT t.mute_freshness_check
       AND watcher_due(${LOADED_AT}, p.freshness_number, p.freshness_datepart::text) < moment
     UNION ALL
    SELECT old.id, old.loaded_at, t.freshness_number, t.freshness_datepart::text,
           watcher_due(old.loaded_at, t.freshness_number, t.freshness_datepart::text)
      FROM pipeline_type t
     CROSS JOIN LATERAL (
           SELECT p.id, ${LOADED_AT} AS loaded_at
             FROM pipeline p
            WHERE p.pipeline_type_id = t.id
              AND p.active AND NOT p.archived AND NOT p.mute_freshness_check AND p.freshness_number IS NULL
              AND ${LOADED_AT} < CASE WHEN watcher_interval(t.freshness_number, t.freshness_datepart::text) < '4000 years'
                  THEN (moment AT TIME ZONE 'UTC'
                        + CASE WHEN t.freshness_datepart IN ('month', 'year') THEN interval '4 days' ELSE interval '0' END
                        - watcher_interval(t.freshness_number, t.freshness_datepart::text)) AT TIME ZONE 'UTC' END
           OFFSET 0) old
     WHERE t.freshness_number IS NOT NULL AND NOT t.mute_freshness_check
       AND watcher_due(old.loaded_at, t.freshness_number, t.freshness_datepart::text) < moment;
  END $$`;

/** The pipelines that are past their warning threshold at a moment; by ix_pipeline_warn_at. */
const WARNED = `
  CREATE OR REPLACE FUNCTION watcher_warned_pipelines(moment timestamptz)
  RETURNS TABLE (pipeline_id bigint, since timestamptz, threshold_number integer, threshold_datepart text, due timestamptz)
  LANGUAGE plpgsql STABLE ROWS 100 AS $$
  BEGIN
    RETURN QUERY
    SELECT p.id, ${LOADED_AT}, p.freshness_warn_number, p.freshness_warn_datepart::text,
           watcher_due(${LOADED_AT}, p.freshness_warn_number, p.freshness_warn_datepart::text)
      FROM pipeline p
      JOIN pipeline_type t ON t.id = p.pipeline_type_id
     WHERE p.active AND NOT p.archived AND NOT p.mute_freshness_check AND p.freshness_warn_number IS NOT NULL
       AND NOT t.mute_freshness_check
       AND watcher_due(${LOADED_AT}, p.freshness_warn_number, p.freshness_warn_datepart::text) < moment;
  END $$`;

/**
 * The pipelines that changed since a moment, or whose type did; by ix_pipeline_updated and ix_pipeline_pipeline_type.
 */
const CHANGED = `
  CREATE OR REPLACE FUNCTION watcher_changed_pipelines(since timestamptz)
  RETURNS TABLE (pipeline_id bigint)
  LANGUAGE plpgsql STABLE ROWS 10 AS $$
  BEGIN
    RETURN QUERY
    SELECT p.id FROM pipeline p WHERE p.updated_at >= since AND p.updated_at > p.created_at
     UNION
    SELECT p.id
      FROM pipeline_type t
      JOIN pipeline p ON p.pipeline_type_id = t.id
     WHERE t.updated_at >= since AND t.updated_at > t.created_at;
  END $$`;

/** The functions of the pipeline module for other modules. */
export const PIPELINE_VIEWS = {
  views: ['watcher_pipeline_threshold'],
  functions: [
    'watcher_stale_pipelines(timestamptz)',
    'watcher_warned_pipelines(timestamptz)',
    'watcher_changed_pipelines(timestamptz)',
  ],
  statements: [THRESHOLDS, STALE, WARNED, CHANGED],
};
