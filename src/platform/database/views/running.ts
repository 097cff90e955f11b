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

/** The executions that run longer than usual at a given moment; by ix_pipeline_execution_slow. */
const SLOW = `
  CREATE OR REPLACE FUNCTION watcher_slow_executions(moment timestamptz)
  RETURNS TABLE (id bigint, pipeline_id bigint, root_id bigint, start_date timestamptz, slow_at timestamptz)
  LANGUAGE plpgsql STABLE ROWS 100 AS $$
  BEGIN
    RETURN QUERY
    SELECT e.id, e.pipeline_id, e.root_id, e.start_date::timestamptz, e.slow_at::timestamptz
      FROM pipeline_execution e
     WHERE e.${RUNNING} AND e.slow_at < moment AND NOT e.superseded;
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

/**
 * The running executions of pipelines with a warning threshold that are past it at a given moment, without endless ones; by
 * ix_pipeline_timeliness_warn and ix_pipeline_execution_pipeline_running.
 */
const WARNED = `
  CREATE OR REPLACE FUNCTION watcher_warned_executions(moment timestamptz)
  RETURNS TABLE (id bigint, pipeline_id bigint, start_date timestamptz, due timestamptz, threshold_number integer,
                 threshold_datepart text)
  LANGUAGE plpgsql STABLE ROWS 100 AS $$
  BEGIN
    RETURN QUERY
    WITH warned AS MATERIALIZED (
      SELECT p.id, p.timeliness_warn_number AS number, p.timeliness_warn_datepart::text AS datepart
        FROM pipeline p
        JOIN pipeline_type t ON t.id = p.pipeline_type_id
       WHERE p.active AND NOT p.archived AND NOT p.mute_timeliness_check AND p.timeliness_warn_number IS NOT NULL
         AND NOT t.mute_timeliness_check
    ), running AS MATERIALIZED (
      SELECT e.id, e.pipeline_id, e.start_date
        FROM pipeline_execution e
       WHERE e.pipeline_id = ANY (ARRAY(SELECT warned.id FROM warned)) AND e.${RUNNING} AND NOT e.endless
    )
    SELECT running.id, running.pipeline_id, running.start_date::timestamptz,
           watcher_due(running.start_date, warned.number, warned.datepart), warned.number, warned.datepart
      FROM running
      JOIN warned ON warned.id = running.pipeline_id
     WHERE watcher_due(running.start_date, warned.number, warned.datepart) < moment;
  END $$`;

/**
 * Those of these pipelines of which an execution started at or after a moment, one for each, and not after another. A
 * loop, so that each takes one entry of ix_pipeline_execution_pipeline_start.
 */
const STARTED = `
  CREATE OR REPLACE FUNCTION watcher_started_pipelines(ids bigint[], since timestamptz[], until timestamptz)
  RETURNS TABLE (pipeline_id bigint)
  LANGUAGE plpgsql STABLE ROWS 10 SET plan_cache_mode = force_generic_plan AS $$
  BEGIN
    FOR n IN 1 .. coalesce(cardinality(ids), 0) LOOP
      PERFORM
         FROM pipeline_execution e
        WHERE e.pipeline_id = ids[n] AND e.start_date >= since[n] AND e.start_date <= until
        LIMIT 1;
      IF FOUND THEN
        pipeline_id := ids[n];
        RETURN NEXT;
      END IF;
    END LOOP;
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
    'watcher_slow_executions(timestamptz)',
    'watcher_timed_executions()',
    'watcher_abandoned_executions(timestamptz)',
    'watcher_warned_executions(timestamptz)',
    'watcher_started_pipelines(bigint[], timestamptz[], timestamptz)',
    'watcher_execution_deadlines(bigint[])',
  ],
  statements: [LATE, SLOW, TIMED, ABANDONED, WARNED, STARTED, DEADLINES],
};
