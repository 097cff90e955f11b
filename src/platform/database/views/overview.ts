import { FAILED, RUNNING } from './conditions.js';

/**
 * How many executions run at a moment, and how many of them are late, each counted up to `most`. Uses
 * ix_pipeline_execution_running and ix_pipeline_execution_deadline.
 */
const RUNNING_COUNTS = `
  CREATE OR REPLACE FUNCTION watcher_running_counts(moment timestamptz, most integer)
  RETURNS TABLE (running bigint, late bigint)
  LANGUAGE plpgsql STABLE ROWS 1 SET plan_cache_mode = force_generic_plan AS $$
  BEGIN
    SELECT count(*) INTO running
      FROM (SELECT FROM pipeline_execution e WHERE e.${RUNNING} AND e.start_date <= moment LIMIT most) counted;
    SELECT count(*) INTO late
      FROM (SELECT FROM pipeline_execution e WHERE e.${RUNNING} AND e.deadline < moment LIMIT most) counted;
    RETURN NEXT;
  END $$`;

/** The running roots among the newest 10,000 running executions, newest first. Uses ix_pipeline_execution_running. */
const RUNNING_ROOTS = `
  CREATE OR REPLACE FUNCTION watcher_running_roots(most integer)
  RETURNS TABLE (id bigint, pipeline_id bigint, start_date timestamptz, deadline timestamptz)
  LANGUAGE plpgsql STABLE ROWS 50 SET plan_cache_mode = force_generic_plan AS $$
  BEGIN
    RETURN QUERY
    SELECT running.id, running.pipeline_id, running.start_date::timestamptz, running.deadline::timestamptz
      FROM (SELECT e.id, e.pipeline_id, e.start_date, e.deadline, e.parent_id
              FROM pipeline_execution e
             WHERE e.${RUNNING}
             ORDER BY e.start_date DESC, e.id DESC
             LIMIT 10000) running
     WHERE running.parent_id IS NULL
     ORDER BY running.start_date DESC, running.id DESC
     LIMIT most;
  END $$`;

/** Counts the executions by one of their dates: a row of {@link COUNTS_BY_TIME}. */
const countBy = (date: string, condition = ''): string => `
    SELECT array_agg(counted.bucket), array_agg(counted.executions),
           CASE WHEN sum(counted.executions) >= most THEN min(counted.oldest) ELSE first END
      INTO buckets, executions, since
      FROM (SELECT date_bin(width, found.moment, first) AS bucket, count(*) AS executions, min(found.moment) AS oldest
              FROM (SELECT e.${date}::timestamptz AS moment
                      FROM pipeline_execution e
                     WHERE ${condition}e.${date} >= first AND e.${date} < last
                     ORDER BY e.${date} DESC, e.id DESC
                     LIMIT most) found
             GROUP BY 1) counted;
    RETURN NEXT;`;

/**
 * The executions that started, failed (by their start) and ended in each of the intervals of `width` between two moments,
 * of each the newest `most`. Where that is all of them, `since` is the first moment; else the moment of the oldest one
 * counted. Uses ix_pipeline_execution_start, ix_pipeline_execution_failed and ix_pipeline_execution_end, and no rows of
 * the table.
 */
const COUNTS_BY_TIME = `
  CREATE OR REPLACE FUNCTION watcher_counts_by_time(first timestamptz, last timestamptz, width interval, most integer)
  RETURNS TABLE (what text, buckets timestamptz[], executions bigint[], since timestamptz)
  LANGUAGE plpgsql STABLE ROWS 3 SET plan_cache_mode = force_generic_plan AS $$
  BEGIN
    what := 'started';${countBy('start_date')}
    what := 'failed';${countBy('start_date', `e.${FAILED} AND `)}
    what := 'ended';${countBy('end_date', 'e.end_date IS NOT NULL AND ')}
  END $$`;

/** The open incidents by kind. Uses ix_incident_open. */
const INCIDENT_KINDS = `
  CREATE OR REPLACE FUNCTION watcher_open_incident_kinds()
  RETURNS TABLE (kind text, open bigint, acknowledged bigint, critical bigint)
  LANGUAGE plpgsql STABLE ROWS 5 AS $$
  BEGIN
    RETURN QUERY
    SELECT i.kind::text, count(*), count(i.acknowledged_at), count(*) FILTER (WHERE i.severity = 'critical')
      FROM incident i
     WHERE i.resolved_at IS NULL
     GROUP BY i.kind
     ORDER BY i.kind;
  END $$`;

/** The functions of other modules of which the overview is made. */
export const OVERVIEW_VIEWS = {
  views: [],
  functions: [
    'watcher_running_counts(timestamptz, integer)',
    'watcher_running_roots(integer)',
    'watcher_counts_by_time(timestamptz, timestamptz, interval, integer)',
    'watcher_open_incident_kinds()',
  ],
  statements: [RUNNING_COUNTS, RUNNING_ROOTS, COUNTS_BY_TIME, INCIDENT_KINDS],
};
