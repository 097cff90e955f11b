/**
 * The next trees by the start of their roots, after a position, at most `most`. `is_old`: the tree can be deleted. The
 * last sign of life of each of its executions (its end, else its last heartbeat, else its start) was before `cutoff`, no
 * incident about it is open, and its root is not among the newest `keep_last` of its pipeline. `pairs`: how many pairs of
 * ancestor and descendant it has. Uses ix_pipeline_execution_root_start, ix_pipeline_execution_closure_parent,
 * pk_pipeline_execution, pk_execution_heartbeat and ix_incident_root.
 */
const OLD_TREES = `
  CREATE OR REPLACE FUNCTION watcher_old_trees(
    cutoff timestamptz, after_start timestamptz, after_id bigint, keep_last integer, most integer)
  RETURNS TABLE (root_id bigint, start_date timestamptz, execution_ids bigint[], pairs bigint, is_old boolean)
  LANGUAGE plpgsql STABLE ROWS 1000 SET plan_cache_mode = force_generic_plan AS $$
  #variable_conflict use_column
  DECLARE
    roots bigint[];
    pipelines bigint[];
    kept bigint[] := '{}';
    ids bigint[];
    alive bigint[];
  BEGIN
    SELECT array_agg(r.id), array_agg(DISTINCT r.pipeline_id)
      INTO roots, pipelines
      FROM (SELECT e.id, e.pipeline_id
              FROM pipeline_execution e
             WHERE e.parent_id IS NULL AND e.start_date < cutoff AND (e.start_date, e.id) > (after_start, after_id)
             ORDER BY e.start_date, e.id
             LIMIT most) r;
    IF keep_last > 0 AND roots IS NOT NULL THEN
      kept := ARRAY(SELECT f.id
                      FROM watcher_first_executions(pipelines, 'any desc', '-infinity', 'infinity', NULL, true,
                                                    'infinity', 0, keep_last) f);
    END IF;
    kept := kept || ARRAY(SELECT i.root_id FROM incident i WHERE i.root_id = ANY (roots) AND i.resolved_at IS NULL);
    -- Each part is a list or a single scan: a join of thousands of nodes would be planned for a few.
    ids := ARRAY(SELECT c.child_execution_id
                   FROM pipeline_execution_closure c
                  WHERE c.parent_execution_id = ANY (roots));
    alive := ARRAY(SELECT h.execution_id
                     FROM execution_heartbeat h
                    WHERE h.at >= cutoff
                      AND h.execution_id = ANY (ARRAY(SELECT e.id
                                                        FROM pipeline_execution e
                                                       WHERE e.id = ANY (ids) AND e.end_date IS NULL)));
    RETURN QUERY
    WITH pair AS MATERIALIZED (
      SELECT c.parent_execution_id AS top, sum(c.depth)::bigint AS pairs
        FROM pipeline_execution_closure c
       WHERE c.parent_execution_id = ANY (roots)
       GROUP BY c.parent_execution_id
    ), tree AS MATERIALIZED (
      SELECT e.root_id AS top, min(e.start_date) FILTER (WHERE e.id = e.root_id) AS start_date, array_agg(e.id) AS ids,
             max(coalesce(e.end_date, e.start_date)) < cutoff AND NOT bool_or(e.id = ANY (alive)) AS is_old
        FROM pipeline_execution e
       WHERE e.id = ANY (ids)
       GROUP BY e.root_id
    )
    SELECT tree.top, tree.start_date::timestamptz, tree.ids, pair.pairs, tree.is_old AND NOT tree.top = ANY (kept)
      FROM tree
      JOIN pair ON pair.top = tree.top
     ORDER BY 2, 1;
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
  functions: ['watcher_old_trees(timestamptz, timestamptz, bigint, integer, integer)', 'watcher_backlog()'],
  statements: [OLD_TREES, BACKLOG],
};
