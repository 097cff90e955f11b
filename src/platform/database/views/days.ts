import { FAILED, SUCCEEDED } from './conditions.js';

/**
 * The sums of a day: names and types, in the order of the columns of `pipeline_day`. The logarithms are those of 1 + x
 * of successes.
 */
const SUMS = `
    pipeline_id bigint, day date, executions bigint, succeeded bigint, failed bigint, aborted bigint, skipped bigint,
    lost bigint, total_rows numeric, inserts numeric, updates numeric, soft_deletes numeric, seconds numeric,
    max_seconds numeric, ln_seconds double precision, ln_seconds_squared double precision, rows_reported bigint,
    ln_rows double precision, ln_rows_squared double precision`;

const DAY = `(e.start_date AT TIME ZONE 'UTC')::date`;
const SECONDS = `extract(epoch FROM e.end_date - e.start_date)`;
const LN_SECONDS = `ln(1 + ${SECONDS}::double precision)`;
const LN_ROWS = `ln(1 + e.total_rows::double precision)`;

/** The sums over executions `e`, grouped by pipeline and day. */
const LIVE_SUMS = `
           count(*) AS executions,
           count(*) FILTER (WHERE e.${SUCCEEDED}) AS succeeded, count(*) FILTER (WHERE e.${FAILED}) AS failed,
           count(*) FILTER (WHERE e.status = 'aborted') AS aborted,
           count(*) FILTER (WHERE e.status = 'skipped') AS skipped,
           count(*) FILTER (WHERE e.status = 'lost') AS lost,
           coalesce(sum(e.total_rows), 0) AS total_rows, coalesce(sum(e.inserts), 0) AS inserts,
           coalesce(sum(e.updates), 0) AS updates, coalesce(sum(e.soft_deletes), 0) AS soft_deletes,
           coalesce(sum(${SECONDS}), 0) AS seconds, coalesce(max(${SECONDS}), 0) AS max_seconds,
           coalesce(sum(${LN_SECONDS}) FILTER (WHERE e.${SUCCEEDED}), 0) AS ln_seconds,
           coalesce(sum(${LN_SECONDS} ^ 2) FILTER (WHERE e.${SUCCEEDED}), 0) AS ln_seconds_squared,
           count(e.total_rows) FILTER (WHERE e.${SUCCEEDED}) AS rows_reported,
           coalesce(sum(${LN_ROWS}) FILTER (WHERE e.${SUCCEEDED}), 0) AS ln_rows,
           coalesce(sum(${LN_ROWS} ^ 2) FILTER (WHERE e.${SUCCEEDED}), 0) AS ln_rows_squared`;

/** The stored sums `d` of deleted executions. */
const KEPT = `
           d.pipeline_id, d.day, d.executions, d.succeeded, d.failed, d.aborted, d.skipped, d.lost, d.total_rows,
           d.inserts, d.updates, d.soft_deletes, d.seconds, d.max_seconds, d.ln_seconds, d.ln_seconds_squared,
           d.rows_reported, d.ln_rows, d.ln_rows_squared`;

/** Both parts `s` of a day added up, grouped by pipeline and day. */
const ADDED = `
           s.pipeline_id, s.day, sum(s.executions)::bigint AS executions, sum(s.succeeded)::bigint AS succeeded,
           sum(s.failed)::bigint AS failed, sum(s.aborted)::bigint AS aborted, sum(s.skipped)::bigint AS skipped,
           sum(s.lost)::bigint AS lost, sum(s.total_rows) AS total_rows, sum(s.inserts) AS inserts,
           sum(s.updates) AS updates, sum(s.soft_deletes) AS soft_deletes, sum(s.seconds) AS seconds,
           max(s.max_seconds) AS max_seconds, sum(s.ln_seconds) AS ln_seconds,
           sum(s.ln_seconds_squared) AS ln_seconds_squared, sum(s.rows_reported)::bigint AS rows_reported,
           sum(s.ln_rows) AS ln_rows, sum(s.ln_rows_squared) AS ln_rows_squared`;

/** The sums of these executions, to be stored when they are deleted. Uses pk_pipeline_execution. */
const EXECUTION_DAYS = `
  CREATE OR REPLACE FUNCTION watcher_execution_days(ids bigint[])
  RETURNS TABLE (${SUMS})
  LANGUAGE plpgsql STABLE ROWS 100 AS $$
  #variable_conflict use_column
  BEGIN
    RETURN QUERY
    SELECT e.pipeline_id, ${DAY}, ${LIVE_SUMS}
      FROM pipeline_execution e
     WHERE e.id = ANY (ids)
     GROUP BY e.pipeline_id, ${DAY};
  END $$`;

/**
 * The days of pipelines (null: of all) from one day to another, both included. Both parts of a day are read in one
 * snapshot, so no execution is missed or counted twice while it is deleted. Uses ix_pipeline_execution_pipeline_start
 * and pk_pipeline_day, or ix_pipeline_execution_start and ix_pipeline_day_day.
 */
const DAYS_BETWEEN = `
  CREATE OR REPLACE FUNCTION watcher_days_between(pipeline_ids bigint[], first date, last date)
  RETURNS TABLE (${SUMS})
  LANGUAGE plpgsql STABLE ROWS 1000 AS $$
  #variable_conflict use_column
  DECLARE
    started timestamptz := first::timestamp AT TIME ZONE 'UTC';
    ended timestamptz := (last + 1)::timestamp AT TIME ZONE 'UTC';
  BEGIN
    IF pipeline_ids IS NULL THEN
      RETURN QUERY
      SELECT ${ADDED}
        FROM (SELECT e.pipeline_id, ${DAY} AS day, ${LIVE_SUMS}
                FROM pipeline_execution e
               WHERE e.start_date >= started AND e.start_date < ended
               GROUP BY e.pipeline_id, ${DAY}
               UNION ALL
              SELECT ${KEPT} FROM pipeline_day d WHERE d.day BETWEEN first AND last) s
       GROUP BY s.pipeline_id, s.day;
    ELSE
      RETURN QUERY
      SELECT ${ADDED}
        FROM (SELECT e.pipeline_id, ${DAY} AS day, ${LIVE_SUMS}
                FROM pipeline_execution e
               WHERE e.pipeline_id = ANY (pipeline_ids) AND e.start_date >= started AND e.start_date < ended
               GROUP BY e.pipeline_id, ${DAY}
               UNION ALL
              SELECT ${KEPT}
                FROM pipeline_day d
               WHERE d.pipeline_id = ANY (pipeline_ids) AND d.day BETWEEN first AND last) s
       GROUP BY s.pipeline_id, s.day;
    END IF;
  END $$`;

/**
 * The newest days of a pipeline before a day, at most `most`, newest first; days without an execution are left out. Each
 * step finds the next day by the last entry of ix_pipeline_execution_pipeline_start and of pk_pipeline_day before it, so
 * the time depends on the days that are returned alone.
 */
const PIPELINE_DAYS = `
  CREATE OR REPLACE FUNCTION watcher_pipeline_days(pipeline bigint, from_day date, before date, most integer)
  RETURNS TABLE (${SUMS})
  LANGUAGE plpgsql STABLE ROWS 100 SET plan_cache_mode = force_generic_plan AS $$
  #variable_conflict use_column
  DECLARE
    found_live date;
    found_kept date;
    next_day date := before;
  BEGIN
    FOR step IN 1..most LOOP
      SELECT max(${DAY}) INTO found_live
        FROM (SELECT e.start_date
                FROM pipeline_execution e
               WHERE e.pipeline_id = pipeline AND e.start_date < (next_day::timestamp AT TIME ZONE 'UTC')
               ORDER BY e.start_date DESC, e.id DESC
               LIMIT 1) e;
      SELECT max(d.day) INTO found_kept FROM pipeline_day d WHERE d.pipeline_id = pipeline AND d.day < next_day;
      next_day := greatest(found_live, found_kept);
      EXIT WHEN next_day IS NULL OR next_day < from_day;
      RETURN QUERY SELECT * FROM watcher_days_between(ARRAY[pipeline], next_day, next_day);
    END LOOP;
  END $$`;

const PIPELINE_DAY = `
  CREATE OR REPLACE VIEW v_pipeline_day AS
  SELECT ${ADDED}
    FROM (SELECT e.pipeline_id, ${DAY} AS day, ${LIVE_SUMS}
            FROM pipeline_execution e
           GROUP BY e.pipeline_id, ${DAY}
           UNION ALL
          SELECT ${KEPT} FROM pipeline_day d) s
   GROUP BY s.pipeline_id, s.day;

  COMMENT ON VIEW v_pipeline_day IS
    'The executions of each pipeline and day, deleted ones included. Ask for one pipeline, or use watcher_days_between.';
  COMMENT ON COLUMN v_pipeline_day.pipeline_id IS 'The pipeline.';
  COMMENT ON COLUMN v_pipeline_day.day IS 'The UTC date of the starts.';
  COMMENT ON COLUMN v_pipeline_day.executions IS 'How many started.';
  COMMENT ON COLUMN v_pipeline_day.succeeded IS 'How many of them succeeded.';
  COMMENT ON COLUMN v_pipeline_day.failed IS 'How many failed.';
  COMMENT ON COLUMN v_pipeline_day.aborted IS 'How many were aborted.';
  COMMENT ON COLUMN v_pipeline_day.skipped IS 'How many were skipped.';
  COMMENT ON COLUMN v_pipeline_day.lost IS 'How many are lost.';
  COMMENT ON COLUMN v_pipeline_day.total_rows IS 'The sum of their total_rows; null counts as 0, here and below.';
  COMMENT ON COLUMN v_pipeline_day.inserts IS 'The sum of their inserts.';
  COMMENT ON COLUMN v_pipeline_day.updates IS 'The sum of their updates.';
  COMMENT ON COLUMN v_pipeline_day.soft_deletes IS 'The sum of their soft_deletes.';
  COMMENT ON COLUMN v_pipeline_day.seconds IS 'The sum of their durations; 0 for those that run.';
  COMMENT ON COLUMN v_pipeline_day.max_seconds IS 'The longest duration.';
  COMMENT ON COLUMN v_pipeline_day.ln_seconds IS 'The sum of ln(1 + seconds) of the successes.';
  COMMENT ON COLUMN v_pipeline_day.ln_seconds_squared IS 'The sum of the squares of ln(1 + seconds) of the successes.';
  COMMENT ON COLUMN v_pipeline_day.rows_reported IS 'How many successes have total_rows.';
  COMMENT ON COLUMN v_pipeline_day.ln_rows IS 'The sum of ln(1 + total_rows) of the successes.';
  COMMENT ON COLUMN v_pipeline_day.ln_rows_squared IS 'The sum of the squares of ln(1 + total_rows) of the successes.'`;

/** The names of pipelines and types, for views; see `v_execution` for the reason of the sub-select. */
const NAMED = `
            JOIN (SELECT named.id, named.name, type.name AS type_name
                    FROM pipeline named
                    JOIN pipeline_type type ON type.id = named.pipeline_type_id) p`;
const FIRST_DAY = `((now() AT TIME ZONE 'UTC')::date - 30)`;

/**
 * The view of the older service, under its name and columns. The names are grouped by in both parts, so that a condition
 * on them selects the pipelines before their executions are read.
 */
const DAILY_REPORT = `
  CREATE OR REPLACE VIEW daily_pipeline_report AS
  SELECT s.day AS date_recorded, s.name AS pipeline_name, s.type_name AS pipeline_type_name,
         sum(s.executions)::bigint AS total_executions, sum(s.failed)::bigint AS failed_executions,
         round(100 * sum(s.failed) / sum(s.executions), 2) AS error_percentage,
         sum(s.inserts) AS daily_inserts, sum(s.updates) AS daily_updates,
         sum(s.soft_deletes) AS daily_soft_deletes, sum(s.total_rows) AS daily_total_rows,
         round(sum(s.seconds) / sum(s.executions), 3) AS avg_duration_seconds,
         round(coalesce(sum(s.total_rows) / nullif(sum(s.seconds), 0), 0), 3) AS daily_throughput
    FROM (SELECT ${DAY} AS day, p.id, p.name, p.type_name, ${LIVE_SUMS}
            FROM pipeline_execution e${NAMED} ON p.id = e.pipeline_id
           WHERE e.start_date >= ${FIRST_DAY}::timestamp AT TIME ZONE 'UTC'
           GROUP BY ${DAY}, p.id, p.name, p.type_name
           UNION ALL
          SELECT d.day, p.id, p.name, p.type_name, d.executions, d.succeeded, d.failed, d.aborted, d.skipped, d.lost,
                 d.total_rows, d.inserts, d.updates, d.soft_deletes, d.seconds, d.max_seconds, d.ln_seconds,
                 d.ln_seconds_squared, d.rows_reported, d.ln_rows, d.ln_rows_squared
            FROM pipeline_day d${NAMED} ON p.id = d.pipeline_id
           WHERE d.day >= ${FIRST_DAY}) s
   GROUP BY s.day, s.id, s.name, s.type_name;

  COMMENT ON VIEW daily_pipeline_report IS
    'The executions of each pipeline and day, of the last 30 days and today (UTC); named as in the older service.';
  COMMENT ON COLUMN daily_pipeline_report.date_recorded IS 'The UTC date of the starts.';
  COMMENT ON COLUMN daily_pipeline_report.pipeline_name IS 'The pipeline.';
  COMMENT ON COLUMN daily_pipeline_report.pipeline_type_name IS 'Its type.';
  COMMENT ON COLUMN daily_pipeline_report.total_executions IS 'How many started.';
  COMMENT ON COLUMN daily_pipeline_report.failed_executions IS 'How many of them failed.';
  COMMENT ON COLUMN daily_pipeline_report.error_percentage IS 'The failed ones in percent of all, to two places.';
  COMMENT ON COLUMN daily_pipeline_report.daily_inserts IS 'The sum of inserts; null counts as 0, here and below.';
  COMMENT ON COLUMN daily_pipeline_report.daily_updates IS 'The sum of updates.';
  COMMENT ON COLUMN daily_pipeline_report.daily_soft_deletes IS 'The sum of soft_deletes.';
  COMMENT ON COLUMN daily_pipeline_report.daily_total_rows IS 'The sum of total_rows.';
  COMMENT ON COLUMN daily_pipeline_report.avg_duration_seconds IS
    'The sum of durations by the number of executions; running ones count as 0 seconds.';
  COMMENT ON COLUMN daily_pipeline_report.daily_throughput IS
    'The sum of total_rows by the sum of durations; 0 where unknown.'`;

/** What the modules of reports and retention offer to each other and to SQL users. */
export const DAY_VIEWS = {
  views: ['daily_pipeline_report', 'v_pipeline_day'],
  functions: [
    'watcher_pipeline_days(bigint, date, date, integer)',
    'watcher_days_between(bigint[], date, date)',
    'watcher_execution_days(bigint[])',
  ],
  statements: [EXECUTION_DAYS, DAYS_BETWEEN, PIPELINE_DAYS, PIPELINE_DAY, DAILY_REPORT],
};
