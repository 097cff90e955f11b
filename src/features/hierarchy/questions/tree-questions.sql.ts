/**
 * A tree is read by its closure rows, one range of ix_pipeline_execution_closure_parent, and then by
 * pk_pipeline_execution, so the cost depends on the size of the tree, not of the table. The ids of the tree are passed
 * to the primary key as one array: a join would look up each id separately, at three times the cost in a tree of 5,000,
 * or scan the table if the planner, which knows only the average tree, expects many.
 *
 * Times are whole milliseconds since 1970, as in page cursors and in the algorithms.
 */

/** The maximum number of steps of all paths in one page; a single path may be longer. */
const MAX_STEPS = 20_000;

/**
 * A page of the root causes of a subtree, each with its path from the root of the whole tree; $2 and $3 are the
 * position of the last one returned. See `watcher_root_causes_of`. Paths are looked up for this page only, and only for
 * its first root causes if the paths have too many steps in total.
 */
export const ROOT_CAUSES = `
  WITH cause AS MATERIALIZED (
    SELECT c.id, round(date_part('epoch', c.end_date) * 1000)::bigint AS end_ms
      FROM watcher_root_causes_of(ARRAY[$1::bigint]) c
     WHERE (round(date_part('epoch', c.end_date) * 1000)::bigint, c.id) > ($2::bigint, $3::bigint)
     ORDER BY end_ms, c.id
     LIMIT $4::int
  ), above AS MATERIALIZED (
    SELECT c.child_execution_id, c.parent_execution_id, c.depth
      FROM pipeline_execution_closure c
     WHERE c.child_execution_id = ANY (ARRAY(SELECT cause.id FROM cause))
  ), counted AS MATERIALIZED (
    SELECT cause.id, cause.end_ms,
           sum(length.steps) OVER (ORDER BY cause.end_ms, cause.id) - length.steps < ${MAX_STEPS} AS fits
      FROM cause
      JOIN (SELECT above.child_execution_id AS id, count(*) AS steps FROM above GROUP BY above.child_execution_id) length
        ON length.id = cause.id
  ), shown AS MATERIALIZED (
    SELECT above.child_execution_id, above.parent_execution_id, above.depth
      FROM above
     WHERE above.child_execution_id = ANY (ARRAY(SELECT counted.id FROM counted WHERE counted.fits))
  ), step AS MATERIALIZED (
    SELECT e.id, e.pipeline_id
      FROM pipeline_execution e
     WHERE e.id = ANY (ARRAY(SELECT shown.parent_execution_id FROM shown))
  ), path AS MATERIALIZED (
    SELECT shown.child_execution_id AS id,
           jsonb_agg(jsonb_build_object('id', shown.parent_execution_id, 'pipeline_name', p.name)
                     ORDER BY shown.depth DESC) AS steps
      FROM shown
      JOIN step ON step.id = shown.parent_execution_id
      JOIN pipeline p ON p.id = step.pipeline_id
     GROUP BY shown.child_execution_id
  )
  SELECT counted.id, counted.end_ms, path.steps AS path
    FROM counted
    LEFT JOIN path ON path.id = counted.id
   ORDER BY counted.end_ms, counted.id`;

/**
 * A page of the running executions of a subtree that have no running descendant; $2 and $3 are the position of the last
 * one returned. See `watcher_waited_for`. Depths are read by pk_pipeline_execution_closure.
 */
export const BLOCKING = `
  WITH waited_for AS MATERIALIZED (
    SELECT w.id, w.pipeline_id, round(date_part('epoch', w.start_date) * 1000)::bigint AS start_ms
      FROM watcher_waited_for($1::bigint) w
     WHERE (round(date_part('epoch', w.start_date) * 1000)::bigint, w.id) > ($2::bigint, $3::bigint)
     ORDER BY start_ms, w.id
     LIMIT $4::int
  )
  SELECT w.id, c.depth, w.pipeline_id, w.start_ms
    FROM waited_for w
    JOIN pipeline_execution_closure c ON c.child_execution_id = w.id AND c.parent_execution_id = $1::bigint
   ORDER BY w.start_ms, w.id`;

/** The median durations of pipelines' last 20 successes; see docs/adr/0010-typical-duration.md. */
export const TYPICAL = `
  SELECT t.pipeline_id, t.typical_ms FROM watcher_typical_ms($1::bigint[]) t`;

/**
 * The executions of one subtree, or of two ($2 may be null), with only the columns that the algorithms need, in no
 * particular order. At most $3 of each subtree, level by level in index order, so that a tree of a million executions
 * is read no further.
 */
export const SUBTREES = `
  SELECT e.id, e.parent_id, e.pipeline_id, e.status, e.completed_successfully,
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
