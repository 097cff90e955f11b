/**
 * A tree is read by its closure rows: one range of ix_pipeline_execution_closure_parent, then pk_pipeline_execution for
 * each row of it. What a question costs depends on the tree, not on the table.
 *
 * Three things keep that so however wrong the planner guesses the size of the tree (it knows only the average one):
 * - The set that is asked about is a MATERIALIZED CTE, read from the closure once.
 * - Whether one of its members has another one below it is not asked member by member: each member names its ancestors
 *   up to the top (a range of pk_pipeline_execution_closure), and one aggregate tells who was named. That costs the sum
 *   of the members' depths, whereas an anti-join of the set with itself, planned for three rows, is quadratic.
 * - What else is fetched is fetched for one page.
 *
 * Dates come as whole milliseconds since 1970: what a page's cursor holds, and what the algorithms count in.
 */

/**
 * A page of the failed executions of a subtree that have no failed descendant, each with its path from the top; $2 and
 * $3 are the position of the last one seen.
 */
export const ROOT_CAUSES = `
  WITH failed AS MATERIALIZED (
    SELECT e.id, c.depth, (extract(epoch FROM e.end_date) * 1000)::bigint AS end_ms
      FROM pipeline_execution_closure c
      JOIN pipeline_execution e ON e.id = c.child_execution_id
     WHERE c.parent_execution_id = $1::bigint AND e.completed_successfully = false
  ), cause AS MATERIALIZED (
    SELECT id, max(depth) AS depth, max(end_ms) AS end_ms
      FROM (SELECT id, depth, end_ms, false AS is_named FROM failed
            UNION ALL
            SELECT above.parent_execution_id, NULL, NULL, true
              FROM failed
              JOIN pipeline_execution_closure above
                ON above.child_execution_id = failed.id AND above.depth BETWEEN 1 AND failed.depth) item
     GROUP BY id
    HAVING NOT bool_or(is_named)
       AND ($2::bigint IS NULL OR (max(end_ms), id) > ($2::bigint, $3::bigint))
     ORDER BY max(end_ms), id
     LIMIT $4::int
  )
  SELECT cause.id, cause.depth, cause.end_ms,
         jsonb_agg(jsonb_build_object('id', step.id, 'pipeline_name', p.name) ORDER BY above.depth DESC) AS path
    FROM cause
    JOIN pipeline_execution_closure above ON above.child_execution_id = cause.id AND above.depth <= cause.depth
    JOIN pipeline_execution step ON step.id = above.parent_execution_id
    JOIN pipeline p ON p.id = step.pipeline_id
   GROUP BY cause.id, cause.depth, cause.end_ms
   ORDER BY cause.end_ms, cause.id`;

/**
 * A page of the running executions of a subtree that have no running descendant, each with the median duration of its
 * pipeline's last 20 successes; $2 and $3 are the position of the last one seen.
 *
 * The successes of a pipeline are the first 20 entries of ix_pipeline_execution_pipeline_succeeded from its end. Only a
 * LATERAL with LIMIT stops there, see docs/adr/0010-typical-duration.md.
 */
export const BLOCKING = `
  WITH running AS MATERIALIZED (
    SELECT e.id, e.pipeline_id, c.depth, (extract(epoch FROM e.start_date) * 1000)::bigint AS start_ms
      FROM pipeline_execution_closure c
      JOIN pipeline_execution e ON e.id = c.child_execution_id
     WHERE c.parent_execution_id = $1::bigint AND e.end_date IS NULL
  ), blocking AS MATERIALIZED (
    SELECT id, max(pipeline_id) AS pipeline_id, max(depth) AS depth, max(start_ms) AS start_ms
      FROM (SELECT id, pipeline_id, depth, start_ms, false AS is_named FROM running
            UNION ALL
            SELECT above.parent_execution_id, NULL, NULL, NULL, true
              FROM running
              JOIN pipeline_execution_closure above
                ON above.child_execution_id = running.id AND above.depth BETWEEN 1 AND running.depth) item
     GROUP BY id
    HAVING NOT bool_or(is_named)
       AND ($2::bigint IS NULL OR (max(start_ms), id) > ($2::bigint, $3::bigint))
     ORDER BY max(start_ms), id
     LIMIT $4::int
  ), typical AS MATERIALIZED (
    SELECT wanted.pipeline_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY recent.ms) AS ms
      FROM (SELECT DISTINCT pipeline_id FROM blocking) wanted
     CROSS JOIN LATERAL (
            SELECT extract(epoch FROM s.end_date - s.start_date)::double precision * 1000 AS ms
              FROM pipeline_execution s
             WHERE s.pipeline_id = wanted.pipeline_id AND s.completed_successfully = true
             ORDER BY s.start_date DESC, s.id DESC
             LIMIT 20) recent
     GROUP BY wanted.pipeline_id
  )
  SELECT blocking.id, blocking.depth, blocking.start_ms, typical.ms AS typical_ms
    FROM blocking
    LEFT JOIN typical ON typical.pipeline_id = blocking.pipeline_id
   ORDER BY blocking.start_ms, blocking.id`;

/**
 * A subtree, level by level, as narrow as the algorithms allow (no metadata, no messages); at most $2 rows. The order is
 * that of the index, so that a tree of a million is read no further than the limit.
 */
export const SUBTREE = `
  SELECT e.id, e.parent_id, c.depth, e.pipeline_id, p.name AS pipeline_name,
         p.pipeline_type_id, t.name AS pipeline_type_name, e.completed_successfully,
         (extract(epoch FROM e.start_date) * 1000)::bigint AS start_ms,
         (extract(epoch FROM e.end_date) * 1000)::bigint AS end_ms,
         e.total_rows, e.inserts, e.updates, e.soft_deletes
    FROM pipeline_execution_closure c
    JOIN pipeline_execution e ON e.id = c.child_execution_id
    JOIN pipeline p ON p.id = e.pipeline_id
    JOIN pipeline_type t ON t.id = p.pipeline_type_id
   WHERE c.parent_execution_id = $1::bigint
   ORDER BY c.depth, c.child_execution_id
   LIMIT $2::int`;
