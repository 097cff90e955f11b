/**
 * Of each of these trees, by their roots: when it started, its executions, and whether it is old. That is so if the last
 * sign of life of each of its executions (its end, else its last heartbeat, else its start) was before the cutoff, no
 * incident about it is open, and its root is not among the newest `keep_last` of its pipeline. The cutoff follows from
 * the retention of the root's pipeline or its type at `moment`; without one it is `before`, null: never. If the root
 * failed, it is `failed_before`, where that is earlier. Uses ix_pipeline_execution_closure_parent, pk_pipeline_execution,
 * pk_execution_heartbeat and ix_incident_root.
 */
const OLD_TREES = `
  CREATE OR REPLACE FUNCTION watcher_old_trees(
    roots bigint[], moment timestamptz, before timestamptz, failed_before timestamptz, keep_last integer)
  RETURNS TABLE (root_id bigint, start_date timestamptz, execution_ids bigint[], is_old boolean)
  LANGUAGE plpgsql STABLE ROWS 1000 SET plan_cache_mode = force_generic_plan SET enable_nestloop = off AS $$
  #variable_conflict use_column
  DECLARE
    pipelines bigint[];
    kept bigint[] := '{}';
    ids bigint[];
    own bigint[];
    cutoffs timestamptz[];
    beating bigint[];
    beats timestamptz[];
  BEGIN
    pipelines := ARRAY(SELECT DISTINCT e.pipeline_id FROM pipeline_execution e WHERE e.id = ANY (roots));
    SELECT array_agg(c.pipeline_id), array_agg(c.cutoff)
      INTO own, cutoffs
      FROM watcher_retention_cutoffs(pipelines, moment) c;
    IF keep_last > 0 AND cardinality(pipelines) > 0 THEN
      kept := ARRAY(SELECT f.id
                      FROM watcher_first_executions(pipelines, 'any desc', '-infinity', 'infinity', NULL, true,
                                                    'infinity', 0, keep_last) f);
    END IF;
    kept := kept || ARRAY(SELECT i.root_id FROM incident i WHERE i.root_id = ANY (roots) AND i.resolved_at IS NULL);
    -- Each part is a list or a single scan: a join of thousands of nodes would be planned for a few.
    ids := ARRAY(SELECT c.child_execution_id
                   FROM pipeline_execution_closure c
                  WHERE c.parent_execution_id = ANY (roots));
    SELECT array_agg(h.execution_id), array_agg(h.at)
      INTO beating, beats
      FROM execution_heartbeat h
     WHERE h.execution_id = ANY (ARRAY(SELECT e.id
                                         FROM pipeline_execution e
                                        WHERE e.id = ANY (ids) AND e.end_date IS NULL));
    RETURN QUERY
    WITH node AS MATERIALIZED (
      SELECT e.id, e.root_id, e.pipeline_id, e.start_date, e.end_date, e.completed_successfully
        FROM pipeline_execution e
       WHERE e.id = ANY (ids)
    ), tree AS MATERIALIZED (
      SELECT node.root_id AS top, min(node.start_date) FILTER (WHERE node.id = node.root_id) AS start_date,
             min(node.pipeline_id) FILTER (WHERE node.id = node.root_id) AS pipeline_id,
             bool_or(node.id = node.root_id AND node.completed_successfully IS FALSE) AS has_failed,
             array_agg(node.id) AS ids,
             max(coalesce(node.end_date, greatest(beat.at, node.start_date))) AS alive_at
        FROM node
        LEFT JOIN unnest(beating, beats) AS beat (id, at) ON beat.id = node.id
       GROUP BY node.root_id
    ), due AS MATERIALIZED (
      SELECT tree.top, CASE WHEN rule.id IS NULL THEN before ELSE rule.cutoff END AS cutoff,
             stays.id IS NOT NULL AS stays
        FROM tree
        LEFT JOIN unnest(own, cutoffs) AS rule (id, cutoff) ON rule.id = tree.pipeline_id
        LEFT JOIN (SELECT DISTINCT k.id FROM unnest(kept) AS k (id)) AS stays ON stays.id = tree.top
    )
    SELECT tree.top, tree.start_date::timestamptz, tree.ids,
           coalesce(tree.alive_at < CASE WHEN tree.has_failed AND failed_before < due.cutoff THEN failed_before
                                         ELSE due.cutoff END
                    AND NOT due.stays, false)
      FROM tree
      JOIN due ON due.top = tree.top
     ORDER BY 2, 1;
  END $$`;

/**
 * The moments before which executions are too old, of those of these pipelines (null: of all) that have a retention of
 * their own or by their type. A cutoff is null if it would be more than 4,000 years ago. By pk_pipeline.
 */
const CUTOFFS = `
  CREATE OR REPLACE FUNCTION watcher_retention_cutoffs(pipeline_ids bigint[], moment timestamptz)
  RETURNS TABLE (pipeline_id bigint, cutoff timestamptz)
  LANGUAGE plpgsql STABLE ROWS 100 AS $$
  BEGIN
    RETURN QUERY
    SELECT t.pipeline_id,
           CASE WHEN watcher_interval(t.retention_number, t.retention_datepart) < interval '4000 years'
                THEN (moment AT TIME ZONE 'UTC' - watcher_interval(t.retention_number, t.retention_datepart))
                     AT TIME ZONE 'UTC' END
      FROM watcher_pipeline_threshold t
     WHERE t.retention_number IS NOT NULL AND (pipeline_ids IS NULL OR t.pipeline_id = ANY (pipeline_ids))
     ORDER BY t.pipeline_id;
  END $$`;

/** The work that waits: alerts to be sent, and jobs that are due, by queue. Uses ix_alert_unsent. */
const BACKLOG = `
  CREATE OR REPLACE FUNCTION watcher_backlog()
  RETURNS TABLE (work text, waiting bigint)
  LANGUAGE plpgsql STABLE ROWS 10 AS $$
  BEGIN
    RETURN QUERY
    SELECT 'alert'::text, count(*)
      FROM (SELECT FROM alert a WHERE a.status = 'waiting' LIMIT 100000) counted;
    RETURN QUERY
    SELECT 'anomaly'::text, count(*)
      FROM (SELECT FROM execution_to_judge LIMIT 100000) counted;
    RETURN QUERY
    SELECT j.name, count(*)
      FROM (SELECT j.name::text AS name
              FROM watcher_job.job j
             WHERE j.state < 'active' AND j.start_after <= now()
             LIMIT 100000) j
     GROUP BY j.name;
  END $$`;

/** Old trees, and the work that waits. */
export const RETENTION_VIEWS = {
  views: [],
  functions: [
    'watcher_retention_cutoffs(bigint[], timestamptz)',
    'watcher_old_trees(bigint[], timestamptz, timestamptz, timestamptz, integer)',
    'watcher_backlog()',
  ],
  statements: [CUTOFFS, OLD_TREES, BACKLOG],
};
