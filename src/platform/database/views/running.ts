import { RUNNING } from './conditions.js';

/** The executions that run past their deadline at a given moment; by ix_pipeline_execution_deadline. */
const LATE = `
  CREATE OR REPLACE FUNCTION watcher_late_executions(moment timestamptz)
  RETURNS TABLE (id bigint, pipeline_id bigint, start_date timestamptz, deadline timestamptz)
  LANGUAGE plpgsql STABLE ROWS 100 AS $$
  BEGIN
    RETURN QUERY
    SELECT e.id, e.pipeline_id, e.start_date::timestamptz, e.deadline::timestamptz
      FROM pipeline_execution e
     WHERE e.${RUNNING} AND e.deadline < moment;
  END $$`;

/** The number of running executions with a deadline, by pipeline; by ix_pipeline_execution_deadline. */
const TIMED = `
  CREATE OR REPLACE FUNCTION watcher_timed_executions()
  RETURNS TABLE (pipeline_id bigint, executions bigint)
  LANGUAGE plpgsql STABLE ROWS 100 AS $$
  BEGIN
    RETURN QUERY
    SELECT e.pipeline_id, count(*)
      FROM pipeline_execution e
     WHERE e.${RUNNING} AND e.deadline IS NOT NULL
     GROUP BY e.pipeline_id;
  END $$`;

/**
 * The running executions that started before a moment, have no running execution below them, and no child that ended
 * since; and when they were last heard of: at their start or at the end of a child. By ix_pipeline_execution_running,
 * pk_pipeline_execution_closure and ix_pipeline_execution_parent_start.
 */
const ABANDONED = `
  CREATE OR REPLACE FUNCTION watcher_abandoned_executions(moment timestamptz)
  RETURNS TABLE (id bigint, heard_at timestamptz)
  LANGUAGE plpgsql STABLE ROWS 100 AS $$
  BEGIN
    RETURN QUERY
    WITH running AS MATERIALIZED (
      SELECT e.id, e.start_date FROM pipeline_execution e WHERE e.${RUNNING}
    ), busy AS MATERIALIZED (
      SELECT DISTINCT c.parent_execution_id AS id
        FROM pipeline_execution_closure c
       WHERE c.child_execution_id = ANY (ARRAY(SELECT running.id FROM running)) AND c.depth > 0
    ), old AS MATERIALIZED (
      SELECT running.id, running.start_date
        FROM running
       WHERE running.start_date < moment AND NOT EXISTS (SELECT FROM busy WHERE busy.id = running.id)
    ), heard AS MATERIALIZED (
      SELECT e.parent_id AS id, max(e.end_date) AS at
        FROM pipeline_execution e
       WHERE e.parent_id = ANY (ARRAY(SELECT old.id FROM old))
       GROUP BY e.parent_id
    )
    SELECT old.id, greatest(old.start_date, heard.at)::timestamptz
      FROM old
      LEFT JOIN heard ON heard.id = old.id
     WHERE coalesce(heard.at, old.start_date) < moment;
  END $$`;

/** The deadlines and ends of these executions; by pk_pipeline_execution. */
const DEADLINES = `
  CREATE OR REPLACE FUNCTION watcher_execution_deadlines(ids bigint[])
  RETURNS TABLE (id bigint, pipeline_id bigint, start_date timestamptz, end_date timestamptz, deadline timestamptz)
  LANGUAGE plpgsql STABLE ROWS 100 AS $$
  BEGIN
    RETURN QUERY
    SELECT e.id, e.pipeline_id, e.start_date::timestamptz, e.end_date::timestamptz, e.deadline::timestamptz
      FROM pipeline_execution e
     WHERE e.id = ANY (ids);
  END $$`;

/** What the execution module offers to the checks. */
export const RUNNING_VIEWS = {
  views: [],
  functions: [
    'watcher_late_executions(timestamptz)',
    'watcher_timed_executions()',
    'watcher_abandoned_executions(timestamptz)',
    'watcher_execution_deadlines(bigint[])',
  ],
  statements: [LATE, TIMED, ABANDONED, DEADLINES],
};
