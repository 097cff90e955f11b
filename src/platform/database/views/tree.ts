import { STATUS } from './conditions.js';
import { EXECUTION_COLUMNS, LATER_COLUMNS } from './execution.js';
import { LOWEST_VIEWS } from './lowest.js';

const EXECUTION_TREE = `
  CREATE OR REPLACE VIEW v_execution_tree AS
  SELECT c.parent_execution_id AS top_id, c.depth,${EXECUTION_COLUMNS}, ${LATER_COLUMNS}
    FROM pipeline_execution_closure c
    JOIN v_execution e ON e.id = c.child_execution_id;

  COMMENT ON VIEW v_execution_tree IS
    'One row for each execution below each of its ancestors, and one for each with itself. Ask for one top_id.';
  COMMENT ON COLUMN v_execution_tree.top_id IS 'The execution whose tree it is: an ancestor, or the execution itself.';
  COMMENT ON COLUMN v_execution_tree.depth IS 'The levels between the two: 0 for itself, 1 for a direct child.'`;

/** The executions of one tree; by ix_pipeline_execution_closure_parent and pk_pipeline_execution. */
const TREE = `
  CREATE OR REPLACE FUNCTION watcher_tree(top bigint)
  RETURNS TABLE (top_id bigint, depth integer, id bigint, parent_id bigint, pipeline_id bigint, pipeline_name text,
                 pipeline_type_id bigint, pipeline_type_name text, status text, start_date timestamptz,
                 end_date timestamptz, total_rows bigint, inserts bigint, updates bigint, soft_deletes bigint)
  LANGUAGE plpgsql STABLE ROWS 100 AS $$
  BEGIN
    RETURN QUERY
    WITH member AS MATERIALIZED (
      SELECT c.child_execution_id AS id, c.depth
        FROM pipeline_execution_closure c
       WHERE c.parent_execution_id = top
    ), execution AS MATERIALIZED (
      SELECT e.id, e.parent_id, e.pipeline_id,${STATUS} AS status, e.start_date, e.end_date, e.total_rows, e.inserts,
             e.updates, e.soft_deletes
        FROM pipeline_execution e
       WHERE e.id = ANY (ARRAY(SELECT member.id FROM member))
    )
    SELECT top, member.depth, e.id, e.parent_id, e.pipeline_id, p.name::text, p.pipeline_type_id, t.name::text,
           e.status, e.start_date::timestamptz, e.end_date::timestamptz, e.total_rows, e.inserts, e.updates,
           e.soft_deletes
      FROM member
      JOIN execution e ON e.id = member.id
      JOIN pipeline p ON p.id = e.pipeline_id
      JOIN pipeline_type t ON t.id = p.pipeline_type_id;
  END $$`;

/**
 * By the children's closure rows (ix_pipeline_execution_closure_parent), execution by execution: a window over all
 * parents would have to be computed for the whole table, even for a few of them.
 */
const EXECUTION_SELF_TIME = `
  CREATE OR REPLACE VIEW v_execution_self_time AS
  SELECT e.id, e.parent_id, e.root_id, e.pipeline_id, e.start_date, e.end_date,
         extract(epoch FROM time.total)::double precision AS total_seconds,
         extract(epoch FROM time.total - coalesce(covered.total, '0'))::double precision AS self_seconds
    FROM pipeline_execution e
   CROSS JOIN LATERAL (
          SELECT coalesce(e.end_date, greatest(now(), e.start_date)) - e.start_date AS total) time
   CROSS JOIN LATERAL (
          SELECT sum(upper(stretch) - lower(stretch)) AS total
            FROM (SELECT range_agg(tstzrange(greatest(child.start_date, e.start_date),
                                             least(coalesce(child.end_date, now()), e.start_date + time.total))) AS ranges
                    FROM pipeline_execution_closure c
                    JOIN pipeline_execution child ON child.id = c.child_execution_id
                   WHERE c.parent_execution_id = e.id AND c.depth = 1
                     AND greatest(child.start_date, e.start_date)
                           < least(coalesce(child.end_date, now()), e.start_date + time.total)) children
           CROSS JOIN unnest(children.ranges) AS stretch) covered;

  COMMENT ON VIEW v_execution_self_time IS
    'How long each execution took, and how much of that none of its children ran. What runs counts until now().';
  COMMENT ON COLUMN v_execution_self_time.total_seconds IS 'Its duration in seconds; so far, while it runs.';
  COMMENT ON COLUMN v_execution_self_time.self_seconds IS 'The part of it in which none of its children ran.'`;

/** The same for the executions of one tree, all at once. */
const SELF_TIMES = `
  CREATE OR REPLACE FUNCTION watcher_self_times(top bigint)
  RETURNS TABLE (id bigint, total_seconds double precision, self_seconds double precision)
  LANGUAGE plpgsql STABLE ROWS 100 AS $$
  BEGIN
    RETURN QUERY
    WITH member AS MATERIALIZED (
      SELECT e.id, CASE WHEN e.id <> top THEN e.parent_id END AS parent_id, e.start_date,
             coalesce(e.end_date, greatest(now(), e.start_date)) AS until
        FROM pipeline_execution e
       WHERE e.id = ANY (ARRAY(SELECT c.child_execution_id FROM pipeline_execution_closure c
                                WHERE c.parent_execution_id = top))
    ), covered AS MATERIALIZED (
      SELECT e.id, range_agg(tstzrange(greatest(child.start_date, e.start_date), least(child.until, e.until))) AS ranges
        FROM member e
        JOIN member child ON child.parent_id = e.id
       WHERE greatest(child.start_date, e.start_date) < least(child.until, e.until)
       GROUP BY e.id
    ), spent AS MATERIALIZED (
      SELECT covered.id, sum(upper(stretch) - lower(stretch)) AS total
        FROM covered
       CROSS JOIN unnest(covered.ranges) AS stretch
       GROUP BY covered.id
    )
    SELECT e.id, extract(epoch FROM e.until - e.start_date)::double precision,
           extract(epoch FROM e.until - e.start_date - coalesce(spent.total, '0'))::double precision
      FROM member e
      LEFT JOIN spent ON spent.id = e.id;
  END $$`;

/**
 * The path from one execution down to another below it, by name; by pk_pipeline_execution_closure and
 * pk_pipeline_execution.
 */
const PATH = `
  CREATE OR REPLACE FUNCTION watcher_path(top bigint, execution bigint) RETURNS text
  LANGUAGE plpgsql STABLE AS $$
  DECLARE path text;
  BEGIN
    WITH line AS MATERIALIZED (
      SELECT c.parent_execution_id AS id, c.depth
        FROM pipeline_execution_closure c
       WHERE c.child_execution_id = execution
    ), step AS MATERIALIZED (
      SELECT e.id, e.pipeline_id
        FROM pipeline_execution e
       WHERE e.id = ANY (ARRAY(SELECT line.id FROM line))
    )
    SELECT string_agg(p.name, ' > ' ORDER BY line.depth DESC)
      INTO path
      FROM line
      JOIN step ON step.id = line.id
      JOIN pipeline p ON p.id = step.pipeline_id
     WHERE line.depth <= (SELECT above.depth FROM line above WHERE above.id = top);
    RETURN path;
  END $$`;

/** Columns that a view takes from another get their comments too, which PostgreSQL does not copy. */
const INHERIT_COMMENTS = `
  DO $$
  DECLARE item record;
  BEGIN
    FOR item IN
      SELECT heir.attrelid::regclass AS view, heir.attname AS name,
             coalesce(col_description('v_execution'::regclass, base.attnum),
                      col_description('v_execution_tree'::regclass, tree.attnum)) AS comment
        FROM unnest(ARRAY['v_execution_tree', 'v_execution_self_time', 'v_root_cause', 'v_blocking']::regclass[]) AS view
        JOIN pg_attribute heir ON heir.attrelid = view AND col_description(view, heir.attnum) IS NULL
        LEFT JOIN pg_attribute base ON base.attrelid = 'v_execution'::regclass AND base.attname = heir.attname
        LEFT JOIN pg_attribute tree ON tree.attrelid = 'v_execution_tree'::regclass AND tree.attname = heir.attname
    LOOP
      EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', item.view, item.name, item.comment);
    END LOOP;
  END $$`;

/** The executions above these, nearest first; by pk_pipeline_execution_closure. */
const ANCESTORS = `
  CREATE OR REPLACE FUNCTION watcher_ancestors(ids bigint[])
  RETURNS TABLE (id bigint, ancestor_id bigint, depth integer)
  LANGUAGE plpgsql STABLE ROWS 100 AS $$
  BEGIN
    RETURN QUERY
    SELECT c.child_execution_id, c.parent_execution_id, c.depth
      FROM pipeline_execution_closure c
     WHERE c.child_execution_id = ANY (ids) AND c.depth > 0
     ORDER BY c.child_execution_id, c.depth;
  END $$`;

/** The views and functions of the hierarchy module for other modules and for SQL users. */
export const TREE_VIEWS = {
  views: ['v_execution_tree', 'v_execution_self_time', ...LOWEST_VIEWS.views],
  functions: [
    'watcher_tree(bigint)',
    'watcher_self_times(bigint)',
    'watcher_path(bigint, bigint)',
    'watcher_ancestors(bigint[])',
    ...LOWEST_VIEWS.functions,
  ],
  statements: [
    EXECUTION_TREE,
    TREE,
    EXECUTION_SELF_TIME,
    SELF_TIMES,
    PATH,
    ANCESTORS,
    ...LOWEST_VIEWS.statements,
    INHERIT_COMMENTS,
  ],
};
