/** See `watcher_slow_executions`; those of pipelines that are watched. By pk_pipeline and pk_pipeline_type. */
export const FIND_SLOW = `
  WITH slow AS MATERIALIZED (
    SELECT s.id, s.pipeline_id, s.root_id, s.start_date, s.slow_at FROM watcher_slow_executions($1::timestamptz) s
  )
  SELECT slow.id, slow.pipeline_id AS "pipelineId", slow.root_id AS "rootId", slow.start_date AS "startDate",
         slow.slow_at AS "slowAt"
    FROM slow
    JOIN pipeline p ON p.id = slow.pipeline_id
    JOIN pipeline_type t ON t.id = p.pipeline_type_id
   WHERE p.active AND NOT p.archived AND NOT p.mute_anomaly_check AND NOT t.mute_anomaly_check
   ORDER BY slow.slow_at, slow.id`;

/** See `watcher_ancestors`. */
export const FIND_ANCESTORS = `
  SELECT a.id, a.ancestor_id AS "ancestorId" FROM watcher_ancestors($1::bigint[]) a`;

/** One check at a time, across replicas. A lock of the transaction, so that it works through a pooler. */
export const LOCK_SLOW_CHECK = `SELECT pg_advisory_xact_lock(hashtextextended('watcher.check.slow', 0))`;

/** Those of the executions that have ended. Index: pk_pipeline_execution. */
export const FIND_ENDED = `
  SELECT e.id FROM pipeline_execution e WHERE e.id = ANY ($1::bigint[]) AND e.end_date IS NOT NULL`;
