import { FAILED, RUNNING } from './conditions.js';
import { EXECUTION_COLUMNS, LATER_COLUMNS } from './execution.js';

/**
 * Finds the members of a set without another member below them, not one by one: each member joins its ancestors (a
 * range of pk_pipeline_execution_closure, itself with depth 0); grouped by ancestor, those remain that no other member
 * named. Such a group is one row, so max() returns its value. The cost is the sum of their depths; an anti-join of the
 * set with itself, planned for ten rows, is quadratic.
 *
 * The plans are cached, not made for each call: planning takes longer than the answer for a tree of fifty.
 */

/**
 * The root causes below executions: the failed executions without a failed one below them. The only definition of a
 * root cause. A superseded attempt is none; an execution below one is none either, unless the question is about that
 * attempt.
 *
 * For whole trees only the failed executions are read (ix_pipeline_execution_root_failed), for parts of trees all
 * executions: the primary key gets their ids as one array.
 */
const ROOT_CAUSES_OF = `
  CREATE OR REPLACE FUNCTION watcher_root_causes_of(tops bigint[])
  RETURNS TABLE (id bigint, root_id bigint, pipeline_id bigint, end_date timestamptz)
  LANGUAGE plpgsql STABLE ROWS 10 SET plan_cache_mode = force_generic_plan AS $$
  DECLARE
    parts bigint[] := ARRAY(SELECT e.id FROM pipeline_execution e WHERE e.id = ANY (tops) AND e.parent_id IS NOT NULL);
  BEGIN
    RETURN QUERY
    WITH failed AS MATERIALIZED (
      SELECT e.id, e.root_id, e.pipeline_id, e.end_date
        FROM pipeline_execution e
       WHERE e.root_id = ANY (tops) AND e.${FAILED} AND NOT e.superseded
       UNION ALL
      SELECT e.id, e.root_id, e.pipeline_id, e.end_date
        FROM pipeline_execution e
       WHERE e.id = ANY (ARRAY(SELECT c.child_execution_id FROM pipeline_execution_closure c
                                WHERE c.parent_execution_id = ANY (parts)))
         AND e.${FAILED} AND NOT e.superseded AND e.root_id <> ALL (tops)
    ), line AS MATERIALIZED (
      SELECT c.child_execution_id AS id, c.parent_execution_id AS above, c.depth
        FROM pipeline_execution_closure c
       WHERE c.child_execution_id = ANY (ARRAY(SELECT failed.id FROM failed))
    ), superseded AS MATERIALIZED (
      SELECT e.id
        FROM pipeline_execution e
       WHERE e.id = ANY (ARRAY(SELECT DISTINCT line.above FROM line WHERE line.depth > 0)) AND e.superseded
    ), repeated AS MATERIALIZED (
      SELECT DISTINCT c.child_execution_id AS id
        FROM pipeline_execution_closure c
       WHERE c.child_execution_id = ANY (ARRAY(SELECT superseded.id FROM superseded))
         AND c.parent_execution_id = ANY (tops) AND c.depth > 0
    ), picked AS MATERIALIZED (
      SELECT failed.id, failed.root_id, failed.pipeline_id, failed.end_date
        FROM failed
       WHERE NOT EXISTS (SELECT FROM line JOIN repeated ON repeated.id = line.above WHERE line.id = failed.id)
    )
    SELECT line.above, max(picked.root_id), max(picked.pipeline_id), max(picked.end_date)::timestamptz
      FROM picked
      JOIN line ON line.id = picked.id
     GROUP BY line.above
    HAVING max(line.depth) = 0;
  END $$`;

/** The root causes of one tree, with the columns for display. */
const ROOT_CAUSES = `
  CREATE OR REPLACE FUNCTION watcher_root_causes(top bigint)
  RETURNS TABLE (id bigint, depth integer, pipeline_id bigint, pipeline_name text, start_date timestamptz,
                 end_date timestamptz, error_message text)
  LANGUAGE plpgsql STABLE ROWS 10 AS $$
  BEGIN
    RETURN QUERY
    WITH cause AS MATERIALIZED (
      SELECT r.id FROM watcher_root_causes_of(ARRAY[top]) r
    ), placed AS MATERIALIZED (
      SELECT e.id, c.depth, e.pipeline_id, e.start_date, e.end_date, e.error_message
        FROM cause
        JOIN pipeline_execution_closure c ON c.child_execution_id = cause.id AND c.parent_execution_id = top
        JOIN pipeline_execution e ON e.id = c.child_execution_id
    )
    SELECT placed.id, placed.depth, placed.pipeline_id, p.name::text, placed.start_date::timestamptz,
           placed.end_date::timestamptz, placed.error_message
      FROM placed
      JOIN pipeline p ON p.id = placed.pipeline_id;
  END $$`;

const ROOT_CAUSE = `
  CREATE OR REPLACE VIEW v_root_cause AS
  SELECT e.top_id, e.depth,${EXECUTION_COLUMNS}, ${LATER_COLUMNS}
    FROM pipeline_execution top
   CROSS JOIN LATERAL watcher_root_causes_of(ARRAY[top.id]) cause
    JOIN v_execution_tree e ON e.top_id = top.id AND e.id = cause.id;

  COMMENT ON VIEW v_root_cause IS
    'Where the trouble began: the failed executions of each tree that have no failed descendant, superseded attempts left out. Ask for one top_id.'`;

/** The running executions of one tree without a running one below them. */
const WAITED_FOR = `
  CREATE OR REPLACE FUNCTION watcher_waited_for(top bigint)
  RETURNS TABLE (id bigint, pipeline_id bigint, start_date timestamptz)
  LANGUAGE plpgsql STABLE ROWS 10 SET plan_cache_mode = force_generic_plan AS $$
  BEGIN
    RETURN QUERY
    WITH picked AS MATERIALIZED (
      SELECT e.id, e.pipeline_id, e.start_date
        FROM pipeline_execution e
       WHERE e.id = ANY (ARRAY(SELECT c.child_execution_id FROM pipeline_execution_closure c
                                WHERE c.parent_execution_id = top))
         AND e.${RUNNING}
    )
    SELECT c.parent_execution_id, max(picked.pipeline_id), max(picked.start_date)::timestamptz
      FROM picked
      JOIN pipeline_execution_closure c ON c.child_execution_id = picked.id
     GROUP BY c.parent_execution_id
    HAVING max(c.depth) = 0;
  END $$`;

/** The same with their elapsed and typical durations; running executions count until now(). */
const BLOCKING_OF_TREE = `
  CREATE OR REPLACE FUNCTION watcher_blocking(top bigint)
  RETURNS TABLE (id bigint, depth integer, pipeline_id bigint, pipeline_name text, start_date timestamptz,
                 elapsed_seconds double precision, typical_duration_seconds double precision,
                 expected_remaining_seconds double precision)
  LANGUAGE plpgsql STABLE ROWS 10 AS $$
  BEGIN
    RETURN QUERY
    WITH found AS MATERIALIZED (
      SELECT w.id, w.pipeline_id, w.start_date,
             greatest(0, extract(epoch FROM now() - w.start_date))::double precision AS elapsed
        FROM watcher_waited_for(top) w
    ), place AS MATERIALIZED (
      SELECT found.id, c.depth
        FROM found
        JOIN pipeline_execution_closure c ON c.child_execution_id = found.id AND c.parent_execution_id = top
    ), typical AS MATERIALIZED (
      SELECT t.pipeline_id, t.typical_ms / 1000 AS seconds
        FROM watcher_typical_ms(ARRAY(SELECT DISTINCT found.pipeline_id FROM found)) t
    )
    SELECT found.id, place.depth, found.pipeline_id, p.name::text, found.start_date, found.elapsed, typical.seconds,
           CASE WHEN typical.seconds IS NOT NULL THEN greatest(0, typical.seconds - found.elapsed) END
      FROM found
      JOIN place ON place.id = found.id
      JOIN typical ON typical.pipeline_id = found.pipeline_id
      JOIN pipeline p ON p.id = found.pipeline_id;
  END $$`;

const BLOCKING = `
  CREATE OR REPLACE VIEW v_blocking AS
  SELECT e.top_id, e.depth,${EXECUTION_COLUMNS}, time.elapsed_seconds, typical.typical_duration_seconds,
         CASE WHEN typical.typical_duration_seconds IS NOT NULL
              THEN greatest(0, typical.typical_duration_seconds - time.elapsed_seconds) END AS expected_remaining_seconds,
         ${LATER_COLUMNS}
    FROM v_execution_tree e
    JOIN v_pipeline_typical_duration typical ON typical.pipeline_id = e.pipeline_id
   CROSS JOIN LATERAL (
          SELECT greatest(0, extract(epoch FROM now() - e.start_date))::double precision AS elapsed_seconds) time
   WHERE e.${RUNNING}
     AND NOT EXISTS (
           SELECT FROM pipeline_execution_closure c
             JOIN pipeline_execution below ON below.id = c.child_execution_id
            WHERE c.parent_execution_id = e.id AND c.depth > 0 AND below.${RUNNING});

  COMMENT ON VIEW v_blocking IS
    'The running executions of each tree that have no running descendant. Ask for one top_id.';
  COMMENT ON COLUMN v_blocking.elapsed_seconds IS 'How long it has been running, until now().';
  COMMENT ON COLUMN v_blocking.typical_duration_seconds IS
    'What its pipeline usually takes, see v_pipeline_typical_duration; null where it never succeeded.';
  COMMENT ON COLUMN v_blocking.expected_remaining_seconds IS
    'typical_duration_seconds less elapsed_seconds; 0 once that is past, null where nothing is typical.'`;

/** The executions of a tree with no execution of the same kind below them: failed ones, and running ones. */
export const LOWEST_VIEWS = {
  views: ['v_root_cause', 'v_blocking'],
  functions: [
    'watcher_root_causes_of(bigint[])',
    'watcher_root_causes(bigint)',
    'watcher_waited_for(bigint)',
    'watcher_blocking(bigint)',
  ],
  statements: [ROOT_CAUSES_OF, ROOT_CAUSES, ROOT_CAUSE, WAITED_FOR, BLOCKING_OF_TREE, BLOCKING],
};
