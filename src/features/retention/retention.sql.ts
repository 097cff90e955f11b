/** One clean-up at a time: 'tidy' in ASCII. */
const CLEAN_UP = 0x74_69_64_79;

/** Whether no other clean-up runs; it is then excluded until the transaction ends. */
export const TRY_LOCK_CLEAN_UP = `SELECT pg_try_advisory_xact_lock(${CLEAN_UP}) AS locked`;

/** See `watcher_retention_cutoffs`; those that are null left out. */
export const FIND_OWN_CUTOFFS = `
  SELECT c.pipeline_id AS "pipelineId", c.cutoff FROM watcher_retention_cutoffs(NULL, $1::timestamptz) c`;

/** The next roots that started before $1, after the position ($2, $3), at most $4. Uses ix_pipeline_execution_root_start. */
export const FIND_ROOTS = `
  SELECT e.id, e.pipeline_id AS "pipelineId", e.start_date AS "startDate"
    FROM pipeline_execution e
   WHERE e.parent_id IS NULL AND e.start_date < $1::timestamptz AND (e.start_date, e.id) > ($2::timestamptz, $3::bigint)
   ORDER BY e.start_date, e.id
   LIMIT $4::int`;

/** The same of the pipeline $5. Uses ix_pipeline_execution_pipeline_start. */
export const FIND_ROOTS_OF_PIPELINE = `
  SELECT e.id, e.pipeline_id AS "pipelineId", e.start_date AS "startDate"
    FROM pipeline_execution e
   WHERE e.pipeline_id = $5::bigint AND e.parent_id IS NULL AND e.start_date < $1::timestamptz
     AND (e.start_date, e.id) > ($2::timestamptz, $3::bigint)
   ORDER BY e.start_date, e.id
   LIMIT $4::int`;

/** See `watcher_deletable_trees`; with the number of anomalies of each tree, by uq_anomaly_execution. */
export const FIND_DELETABLE_TREES = `
  SELECT t.root_id AS "rootId", t.execution_ids AS "executionIds", t.pairs,
         (SELECT count(*) FROM anomaly a WHERE a.execution_id = ANY (t.execution_ids)) AS anomalies
    FROM watcher_deletable_trees($1::bigint[], $2::timestamptz, $3::timestamptz, $4::timestamptz, $5::int) t
   WHERE t.is_old`;

/**
 * The next pipelines in a namespace after $1 that nobody has changed since $2 and that have no day since then, at most $3.
 * Uses pk_pipeline, ix_pipeline_change_pipeline and pk_pipeline_day.
 */
export const FIND_IDLE_PIPELINES = `
  SELECT p.id
    FROM pipeline p
   WHERE p.id > $1::bigint AND p.namespace <> '' AND p.active AND NOT p.archived
     AND greatest(p.created_at, p.updated_at) < $2::timestamptz
     AND NOT EXISTS (SELECT FROM pipeline_change c WHERE c.pipeline_id = p.id AND c.kind = 'patch')
     AND NOT EXISTS (SELECT FROM pipeline_day d WHERE d.pipeline_id = p.id AND d.day >= ($2::timestamptz)::date)
   ORDER BY p.id
   LIMIT $3::int`;

/** The start of the oldest root. Uses ix_pipeline_execution_root_start. */
export const OLDEST_START = `
  SELECT e.start_date AS "startDate"
    FROM pipeline_execution e
   WHERE e.parent_id IS NULL
   ORDER BY e.start_date, e.id
   LIMIT 1`;

/** Notes that a run begins at $1. */
export const BEGIN_RUN = `
  INSERT INTO retention_run AS r (id, started_at) VALUES (true, $1::timestamptz)
      ON CONFLICT (id) DO UPDATE SET started_at = excluded.started_at, ended_at = NULL, trees = 0, executions = 0`;

/** Adds $1 trees with $2 executions to the run. */
export const ADD_TO_RUN = `
  UPDATE retention_run r
     SET trees = r.trees + $1::bigint, executions = r.executions + $2::bigint, total_trees = r.total_trees + $1::bigint,
         total_executions = r.total_executions + $2::bigint`;

/** Notes that the run ended at $1, and that $2 old trees are left; null: the run failed. */
export const END_RUN = `
  UPDATE retention_run r
     SET ended_at = $1::timestamptz, backlog = coalesce($2::bigint, r.backlog),
         succeeded_at = CASE WHEN $2::bigint = 0 THEN $1::timestamptz ELSE r.succeeded_at END`;

/** The last run. */
export const FIND_RUN = `
  SELECT r.started_at AS "startedAt", r.ended_at AS "endedAt", r.succeeded_at AS "succeededAt", r.trees, r.executions,
         r.total_trees AS "totalTrees", r.total_executions AS "totalExecutions", r.backlog
    FROM retention_run r`;

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
