/**
 * Deletes executions with everything that any module keeps about them, whether or not the module is switched on. Whole
 * trees only: the caller passes all executions of a tree, under the exclusive tree lock. Returns how many pairs of
 * ancestor and descendant and how many anomalies went. One function, so that the ids are sent once and a connection plans
 * each statement a few times only. Each uses a primary key, a unique one, or ix_openlineage_run_execution, ix_incident_root
 * and ix_incident_failure_incident; no table is ever read as a whole, not even one that was empty when its statement was
 * planned.
 */
const DELETE_EXECUTIONS = `
  CREATE OR REPLACE FUNCTION watcher_delete_executions(ids bigint[])
  RETURNS TABLE (pairs bigint, anomalies bigint)
  LANGUAGE plpgsql VOLATILE ROWS 1 SET enable_seqscan = off AS $$
  BEGIN
    DELETE FROM incident_failure f WHERE f.execution_id = ANY (ids);
    WITH gone AS (DELETE FROM incident i WHERE i.root_id = ANY (ids) RETURNING i.id)
    DELETE FROM incident_failure f USING gone WHERE f.incident_id = gone.id;
    DELETE FROM late_end l WHERE l.execution_id = ANY (ids);
    DELETE FROM execution_to_judge q WHERE q.execution_id = ANY (ids);
    DELETE FROM anomaly a WHERE a.execution_id = ANY (ids);
    GET DIAGNOSTICS anomalies = ROW_COUNT;
    DELETE FROM execution_dataset d WHERE d.execution_id = ANY (ids);
    DELETE FROM openlineage_run r WHERE r.execution_id = ANY (ids);
    DELETE FROM pipeline_execution_attempt a WHERE a.execution_id = ANY (ids);
    DELETE FROM pipeline_execution_expected x WHERE x.execution_id = ANY (ids);
    DELETE FROM execution_heartbeat h WHERE h.execution_id = ANY (ids);
    DELETE FROM pipeline_execution_external_id x
     USING (SELECT e.id, e.pipeline_id, e.external_id
              FROM pipeline_execution e
             WHERE e.id = ANY (ids) AND e.external_id IS NOT NULL) gone
     WHERE x.pipeline_id = gone.pipeline_id AND x.external_id = gone.external_id AND x.execution_id = gone.id;
    DELETE FROM pipeline_execution_closure c WHERE c.child_execution_id = ANY (ids);
    GET DIAGNOSTICS pairs = ROW_COUNT;
    DELETE FROM pipeline_execution e WHERE e.id = ANY (ids);
    -- Each execution is also the ancestor of itself, which is no pair.
    pairs := pairs - cardinality(ids);
    RETURN NEXT;
  END $$`;

/**
 * Deletes what the modules of incidents and anomalies keep about a pipeline that has no execution, whether or not they
 * are switched on. Uses ix_incident_pipeline, ix_incident_failure_incident, ix_anomaly_pipeline and primary keys.
 */
const FORGET_PIPELINE = `
  CREATE OR REPLACE FUNCTION watcher_forget_pipeline(pipeline bigint)
  RETURNS void
  LANGUAGE plpgsql VOLATILE AS $$
  BEGIN
    WITH gone AS (DELETE FROM incident i WHERE i.pipeline_id = pipeline RETURNING i.id)
    DELETE FROM incident_failure f USING gone WHERE f.incident_id = gone.id;
    DELETE FROM pipeline_expectation x WHERE x.pipeline_id = pipeline;
    DELETE FROM anomaly_episode e WHERE e.pipeline_id = pipeline;
    DELETE FROM anomaly a WHERE a.pipeline_id = pipeline;
  END $$`;

/** Adds executions to the sums of their days. Uses pk_pipeline_execution and pk_pipeline_day. */
const ADD_TO_DAYS = `
    INSERT INTO pipeline_day AS d (
           pipeline_id, day, executions, succeeded, failed, aborted, skipped, lost, total_rows, inserts, updates,
           soft_deletes, seconds, max_seconds, ln_seconds, ln_seconds_squared, rows_reported, ln_rows, ln_rows_squared)
    SELECT n.pipeline_id, n.day, n.executions, n.succeeded, n.failed, n.aborted, n.skipped, n.lost, n.total_rows,
           n.inserts, n.updates, n.soft_deletes, n.seconds, n.max_seconds, n.ln_seconds, n.ln_seconds_squared,
           n.rows_reported, n.ln_rows, n.ln_rows_squared
      FROM watcher_execution_days(ids) n
     ORDER BY n.pipeline_id, n.day
        ON CONFLICT ON CONSTRAINT pk_pipeline_day DO UPDATE
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

/**
 * Deletes those of the trees with these roots that are old, see `watcher_old_trees`, and adds their executions to the
 * sums of their days. To be called under the exclusive tree lock, in a statement after the one that took it. Returns one
 * row: the roots, and how many executions, pairs and anomalies went.
 */
const DELETE_OLD_TREES = `
  CREATE OR REPLACE FUNCTION watcher_delete_old_trees(
    roots bigint[], moment timestamptz, before timestamptz, failed_before timestamptz, keep_last integer)
  RETURNS TABLE (root_ids bigint[], executions bigint, pairs bigint, anomalies bigint)
  LANGUAGE plpgsql VOLATILE ROWS 1 AS $$
  #variable_conflict use_column
  DECLARE
    ids bigint[];
  BEGIN
    WITH old AS MATERIALIZED (
      SELECT t.root_id, t.execution_ids
        FROM watcher_old_trees(roots, moment, before, failed_before, keep_last) t
       WHERE t.is_old
    )
    SELECT ARRAY(SELECT old.root_id FROM old), ARRAY(SELECT unnest(old.execution_ids) FROM old) INTO root_ids, ids;
    executions := cardinality(ids);
    pairs := 0;
    anomalies := 0;
    IF executions > 0 THEN${ADD_TO_DAYS};
      SELECT d.pairs, d.anomalies INTO pairs, anomalies FROM watcher_delete_executions(ids) d;
    END IF;
    RETURN NEXT;
  END $$`;

/** The deletion of executions and pipelines. */
export const DELETION_VIEWS = {
  views: [],
  functions: [
    'watcher_delete_old_trees(bigint[], timestamptz, timestamptz, timestamptz, integer)',
    'watcher_delete_executions(bigint[])',
    'watcher_forget_pipeline(bigint)',
  ],
  statements: [DELETE_EXECUTIONS, FORGET_PIPELINE, DELETE_OLD_TREES],
};
