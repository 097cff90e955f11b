/** One clean-up at a time: 'tidy' in ASCII. */
const CLEAN_UP = 0x74_69_64_79;

/** Whether no other clean-up runs; it is then excluded until the transaction ends. */
export const TRY_LOCK_CLEAN_UP = `SELECT pg_try_advisory_xact_lock(${CLEAN_UP}) AS locked`;

/** See `watcher_old_trees`; with the number of anomalies of each tree, by uq_anomaly_execution. */
export const FIND_OLD_TREES = `
  SELECT t.root_id AS "rootId", t.start_date AS "startDate", t.execution_ids AS "executionIds", t.pairs,
         t.is_old AS "isOld", (SELECT count(*) FROM anomaly a WHERE a.execution_id = ANY (t.execution_ids)) AS anomalies
    FROM watcher_old_trees($1::timestamptz, $2::timestamptz, $3::bigint, $4::int, $5::int) t`;

/** Adds the executions $1 to the sums of their days. Uses pk_pipeline_day. */
export const ADD_TO_DAYS = `
  INSERT INTO pipeline_day AS d (
         pipeline_id, day, executions, succeeded, failed, aborted, skipped, lost, total_rows, inserts, updates,
         soft_deletes, seconds, max_seconds, ln_seconds, ln_seconds_squared, rows_reported, ln_rows, ln_rows_squared)
  SELECT n.pipeline_id, n.day, n.executions, n.succeeded, n.failed, n.aborted, n.skipped, n.lost, n.total_rows, n.inserts,
         n.updates, n.soft_deletes, n.seconds, n.max_seconds, n.ln_seconds, n.ln_seconds_squared, n.rows_reported,
         n.ln_rows, n.ln_rows_squared
    FROM watcher_execution_days($1::bigint[]) n
   ORDER BY n.pipeline_id, n.day
      ON CONFLICT (pipeline_id, day) DO UPDATE
     SET executions = d.executions + excluded.executions, succeeded = d.succeeded + excluded.succeeded,
         failed = d.failed + excluded.failed, aborted = d.aborted + excluded.aborted,
         skipped = d.skipped + excluded.skipped, lost = d.lost + excluded.lost,
         total_rows = d.total_rows + excluded.total_rows, inserts = d.inserts + excluded.inserts,
         updates = d.updates + excluded.updates, soft_deletes = d.soft_deletes + excluded.soft_deletes,
         seconds = d.seconds + excluded.seconds, max_seconds = greatest(d.max_seconds, excluded.max_seconds),
         ln_seconds = d.ln_seconds + excluded.ln_seconds,
         ln_seconds_squared = d.ln_seconds_squared + excluded.ln_seconds_squared,
         rows_reported = d.rows_reported + excluded.rows_reported, ln_rows = d.ln_rows + excluded.ln_rows,
         ln_rows_squared = d.ln_rows_squared + excluded.ln_rows_squared`;
