/** Locks and returns a backfill that is due and unfinished; no row while another replica holds it. */
export const LOCK_FILL = `
  SELECT f.name, f.position
    FROM watcher_fill f
   WHERE f.name LIKE 'execution_status%' AND f.finished_at IS NULL AND f.due_at <= $1::timestamptz
   ORDER BY f.name
   LIMIT 1
     FOR UPDATE SKIP LOCKED`;

/** The number of unfinished backfills, due or not. */
export const COUNT_FILLS = `
  SELECT count(*)::int AS fills FROM watcher_fill f WHERE f.name LIKE 'execution_status%' AND f.finished_at IS NULL`;

/** Saves the id from which the backfill continues downwards; 0 means finished. */
export const MOVE_FILL = `
  UPDATE watcher_fill
     SET position = $2::bigint, finished_at = CASE WHEN $2::bigint = 0 THEN $3::timestamptz END
   WHERE name = $1::text`;

/** The executions from an id downwards, newest first. Uses pk_pipeline_execution. */
export const FIND_FROM = `
  SELECT e.id
    FROM pipeline_execution e
   WHERE e.id <= $1::bigint
   ORDER BY e.id DESC
   LIMIT $2::int`;

/**
 * Fills in the missing columns for SQL users with the values that this version writes at start and end. Uses
 * pk_pipeline_execution.
 */
export const SETTLE = `
  UPDATE pipeline_execution e
     SET status = CASE WHEN coalesce(e.status, 'running') <> 'running' THEN e.status
                       WHEN e.end_date IS NULL THEN 'running'
                       WHEN e.completed_successfully THEN 'succeeded' ELSE 'failed' END,
         duration_seconds = extract(epoch FROM e.end_date - e.start_date)::double precision,
         throughput = e.total_rows
                        / nullif(extract(epoch FROM e.end_date - e.start_date), 0)::double precision,
         date_recorded = (e.start_date AT TIME ZONE 'UTC')::date
   WHERE e.id = ANY ($1::bigint[])
     AND (e.status IS NULL OR e.date_recorded IS NULL OR (e.status = 'running' AND e.end_date IS NOT NULL))`;
