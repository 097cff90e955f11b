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

/** The old ones among the trees with the roots $1, see `watcher_old_trees`. */
export const FIND_OLD_TREES = `
  SELECT t.root_id AS "rootId", cardinality(t.execution_ids) AS executions
    FROM watcher_old_trees($1::bigint[], $2::timestamptz, $3::timestamptz, $4::timestamptz, $5::int) t
   WHERE t.is_old`;

/** Deletes the old ones among the trees with the roots $1, see `watcher_delete_old_trees`. */
export const DELETE_OLD_TREES = `
  SELECT d.root_ids AS "rootIds", d.executions, d.pairs, d.anomalies
    FROM watcher_delete_old_trees($1::bigint[], $2::timestamptz, $3::timestamptz, $4::timestamptz, $5::int) d`;

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
