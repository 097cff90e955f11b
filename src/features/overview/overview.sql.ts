/** See `watcher_running_counts`. */
export const COUNT_RUNNING = `
  SELECT c.running, c.late FROM watcher_running_counts($1::timestamptz, $2::int) c`;

/** See `watcher_running_roots`; with the names and usual durations of their pipelines, by pk_pipeline. */
export const FIND_RUNNING_ROOTS = `
  WITH root AS MATERIALIZED (
    SELECT r.id, r.pipeline_id, r.start_date, r.deadline FROM watcher_running_roots($1::int) r
  ), usual AS MATERIALIZED (
    SELECT t.pipeline_id, t.typical_ms
      FROM watcher_typical_ms(ARRAY(SELECT DISTINCT root.pipeline_id FROM root)) t
  )
  SELECT root.id, root.pipeline_id AS "pipelineId", p.name AS "pipelineName", root.start_date AS "startDate",
         root.deadline, usual.typical_ms AS "usualMs"
    FROM root
    JOIN pipeline p ON p.id = root.pipeline_id
    LEFT JOIN usual ON usual.pipeline_id = root.pipeline_id
   ORDER BY root.start_date DESC, root.id DESC`;

/** See `watcher_counts_by_time`. */
export const COUNT_BY_TIME = `
  SELECT c.what, c.buckets, c.executions, c.since
    FROM watcher_counts_by_time($1::timestamptz, $2::timestamptz, make_interval(secs => $3::int), $4::int) c`;

/** See `watcher_open_incident_kinds`. */
export const COUNT_INCIDENTS = `
  SELECT k.kind, k.open, k.acknowledged, k.critical FROM watcher_open_incident_kinds() k`;
