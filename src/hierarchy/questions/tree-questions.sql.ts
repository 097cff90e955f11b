/**
 * A tree is read by its closure rows, one range of ix_pipeline_execution_closure_parent, and then by
 * pk_pipeline_execution. What a question costs depends on the tree, not on the table.
 *
 * Four things keep that so however wrong the planner guesses the size of a tree (it knows only the average one):
 * - The ids of the tree are handed to the primary key as one array. A join would look each of them up by itself, at three
 *   times the cost in a tree of 5,000, or scan the table where it expects many.
 * - Those of the tree that are asked about (failed, running) are a MATERIALIZED CTE, looked for once.
 * - Whether one of them has another one below it is not asked one by one: each joins its ancestors (a range of
 *   pk_pipeline_execution_closure, itself with depth 0), and grouped by ancestor those remain whom nobody else named.
 *   That costs the sum of their depths; an anti-join of the set with itself, planned for ten rows, is quadratic.
 * - What else is told of them is looked up for those of the page alone, by sub-selects: joins would have to be planned,
 *   which for a small tree takes longer than to answer.
 *
 * Dates come as whole milliseconds since 1970: what a page's cursor holds, and what the algorithms count in.
 */

/**
 * A page of the failed executions of a subtree that have no failed descendant, each with its path from the root of the
 * whole tree; $2 and $3 are the position of the last one seen.
 */
export const ROOT_CAUSES = `
  WITH failed AS MATERIALIZED (
    SELECT e.id, round(date_part('epoch', e.end_date) * 1000)::bigint AS end_ms
      FROM pipeline_execution e
     WHERE e.id = ANY (ARRAY(SELECT c.child_execution_id FROM pipeline_execution_closure c
                              WHERE c.parent_execution_id = $1::bigint))
       AND e.completed_successfully = false
  ), cause AS MATERIALIZED (
    SELECT above.parent_execution_id AS id, max(failed.end_ms) AS end_ms
      FROM failed
      JOIN pipeline_execution_closure above ON above.child_execution_id = failed.id
     GROUP BY above.parent_execution_id
    HAVING max(above.depth) = 0
       AND (max(failed.end_ms), above.parent_execution_id) > ($2::bigint, $3::bigint)
     ORDER BY max(failed.end_ms), above.parent_execution_id
     LIMIT $4::int
  )
  SELECT cause.id, cause.end_ms,
         (SELECT jsonb_agg(jsonb_build_object(
                   'id', above.parent_execution_id,
                   'pipeline_name', (SELECT p.name FROM pipeline p
                                      WHERE p.id = (SELECT step.pipeline_id FROM pipeline_execution step
                                                     WHERE step.id = above.parent_execution_id)))
                   ORDER BY above.depth DESC)
            FROM pipeline_execution_closure above
           WHERE above.child_execution_id = cause.id) AS path
    FROM cause
   ORDER BY cause.end_ms, cause.id`;

/**
 * A page of the running executions of a subtree that have no running descendant, each with the median duration of its
 * pipeline's last 20 successes; $2 and $3 are the position of the last one seen.
 *
 * The last successes of a pipeline are the first entries from the end of ix_pipeline_execution_pipeline_succeeded. Only a
 * LIMIT within a correlated sub-select stops there, see docs/adr/0010-typical-duration.md.
 */
export const BLOCKING = `
  WITH running AS MATERIALIZED (
    SELECT e.id, e.pipeline_id, round(date_part('epoch', e.start_date) * 1000)::bigint AS start_ms
      FROM pipeline_execution e
     WHERE e.id = ANY (ARRAY(SELECT c.child_execution_id FROM pipeline_execution_closure c
                              WHERE c.parent_execution_id = $1::bigint))
       AND e.end_date IS NULL
  ), blocking AS MATERIALIZED (
    SELECT above.parent_execution_id AS id, max(running.start_ms) AS start_ms,
           max(running.pipeline_id) AS pipeline_id
      FROM running
      JOIN pipeline_execution_closure above ON above.child_execution_id = running.id
     GROUP BY above.parent_execution_id
    HAVING max(above.depth) = 0
       AND (max(running.start_ms), above.parent_execution_id) > ($2::bigint, $3::bigint)
     ORDER BY max(running.start_ms), above.parent_execution_id
     LIMIT $4::int
  )
  SELECT blocking.id, blocking.start_ms,
         (SELECT c.depth FROM pipeline_execution_closure c
           WHERE c.child_execution_id = blocking.id AND c.parent_execution_id = $1::bigint) AS depth,
         (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY recent.ms)
            FROM (SELECT date_part('epoch', s.end_date - s.start_date) * 1000 AS ms
                    FROM pipeline_execution s
                   WHERE s.pipeline_id = blocking.pipeline_id AND s.completed_successfully = true
                   ORDER BY s.start_date DESC, s.id DESC
                   LIMIT 20) recent) AS typical_ms
    FROM blocking
   ORDER BY blocking.start_ms, blocking.id`;

/**
 * The executions of one subtree, or of two ($2 may be null), as narrow as the algorithms allow (no metadata, no
 * messages), in no order. Of each subtree at most $3, level by level in the order of the index, so that a tree of a
 * million is read no further than that.
 */
export const SUBTREES = `
  SELECT e.id, e.parent_id, e.pipeline_id, e.completed_successfully,
         round(date_part('epoch', e.start_date) * 1000)::bigint AS start_ms,
         round(date_part('epoch', e.end_date) * 1000)::bigint AS end_ms,
         e.total_rows, e.inserts, e.updates, e.soft_deletes
    FROM pipeline_execution e
   WHERE e.id = ANY (ARRAY(SELECT c.child_execution_id FROM pipeline_execution_closure c
                            WHERE c.parent_execution_id = $1::bigint
                            ORDER BY c.depth, c.child_execution_id LIMIT $3::int)
                  || ARRAY(SELECT c.child_execution_id FROM pipeline_execution_closure c
                            WHERE c.parent_execution_id = $2::bigint
                            ORDER BY c.depth, c.child_execution_id LIMIT $3::int))`;

/**
 * What the pipelines of a subtree are called, by pk_pipeline and pk_pipeline_type: once each instead of with each of
 * their executions, which would double what a tree costs.
 */
export const PIPELINES = `
  SELECT p.id, p.name, p.pipeline_type_id, t.name AS pipeline_type_name
    FROM pipeline p
    JOIN pipeline_type t ON t.id = p.pipeline_type_id
   WHERE p.id = ANY ($1::bigint[])`;
