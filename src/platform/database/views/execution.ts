import { FAILED, RUNNING, STATUS, SUCCEEDED, WITHOUT_RESULT } from './conditions.js';

/** The columns of `v_execution`, under the alias `e`, that existed when the dependent views were first created. */
export const EXECUTION_COLUMNS = `
         e.id, e.parent_id, e.root_id, e.pipeline_id, e.pipeline_name, e.pipeline_type_id, e.pipeline_type_name,
         e.external_id, e.start_date, e.end_date, e.status, e.completed_successfully, e.duration_seconds, e.total_rows,
         e.inserts, e.updates, e.soft_deletes, e.throughput, e.watermark, e.next_watermark, e.execution_metadata,
         e.error_message, e.config_version, e.deadline`;

/** Those that came later, at the end of each view. */
export const LATER_COLUMNS = `e.date_recorded, e.attempt, e.retry_of, e.superseded, e.start_date_estimated`;

/**
 * The names come from a sub-select: the planner joins as if they were in the same query level, and a sharded database
 * looks them up before it queries the shards.
 */
const EXECUTION = `
  CREATE OR REPLACE VIEW v_execution AS
  SELECT e.id, e.parent_id, e.root_id, e.pipeline_id, p.name AS pipeline_name,
         p.pipeline_type_id, p.type_name AS pipeline_type_name, e.external_id, e.start_date, e.end_date,${STATUS} AS status,
         e.completed_successfully,
         extract(epoch FROM e.end_date - e.start_date)::double precision AS duration_seconds,
         e.total_rows, e.inserts, e.updates, e.soft_deletes,
         e.total_rows / nullif(extract(epoch FROM e.end_date - e.start_date), 0)::double precision AS throughput,
         e.watermark, e.next_watermark, e.execution_metadata, e.error_message, e.config_version, e.deadline,
         coalesce(e.date_recorded, (e.start_date AT TIME ZONE 'UTC')::date) AS date_recorded,
         ('00000000-0000-8000-8000-' || lpad(to_hex(e.id), 12, '0'))::uuid AS run_id,
         e.attempt, e.retry_of, e.superseded, e.start_date_estimated, e.anomaly_flags
    FROM pipeline_execution e
    JOIN (SELECT named.id, named.name, named.pipeline_type_id, type.name AS type_name
            FROM pipeline named
            JOIN pipeline_type type ON type.id = named.pipeline_type_id) p ON p.id = e.pipeline_id;

  COMMENT ON VIEW v_execution IS 'One row for each execution, as the API shows it.';
  COMMENT ON COLUMN v_execution.id IS 'The execution.';
  COMMENT ON COLUMN v_execution.parent_id IS 'The execution that it runs under; null for a root.';
  COMMENT ON COLUMN v_execution.root_id IS 'The top of its tree: its own id where it has no parent.';
  COMMENT ON COLUMN v_execution.pipeline_id IS 'The pipeline that it is a run of.';
  COMMENT ON COLUMN v_execution.pipeline_name IS 'The name of that pipeline.';
  COMMENT ON COLUMN v_execution.pipeline_type_id IS 'The type of that pipeline.';
  COMMENT ON COLUMN v_execution.pipeline_type_name IS 'The name of that type.';
  COMMENT ON COLUMN v_execution.external_id IS 'The caller''s own id of the run.';
  COMMENT ON COLUMN v_execution.start_date IS 'When it started.';
  COMMENT ON COLUMN v_execution.end_date IS 'When it ended; null while it runs.';
  COMMENT ON COLUMN v_execution.status IS 
    'expected, running, succeeded, failed, aborted, skipped or lost.';
  COMMENT ON COLUMN v_execution.completed_successfully IS 
    'Whether it succeeded; null unless its status is succeeded or failed.';
  COMMENT ON COLUMN v_execution.duration_seconds IS 'End minus start in seconds; null while it runs.';
  COMMENT ON COLUMN v_execution.total_rows IS 'Rows that it handled in all.';
  COMMENT ON COLUMN v_execution.inserts IS 'Rows that it inserted.';
  COMMENT ON COLUMN v_execution.updates IS 'Rows that it updated.';
  COMMENT ON COLUMN v_execution.soft_deletes IS 'Rows that it soft-deleted.';
  COMMENT ON COLUMN v_execution.throughput IS
    'total_rows a second of duration_seconds; null where either is missing or the duration is 0.';
  COMMENT ON COLUMN v_execution.watermark IS 'From where it loads: its own copy.';
  COMMENT ON COLUMN v_execution.next_watermark IS 'Up to where it loads: its own copy.';
  COMMENT ON COLUMN v_execution.execution_metadata IS 'The metadata of its start and its end, merged.';
  COMMENT ON COLUMN v_execution.error_message IS 'Why it failed.';
  COMMENT ON COLUMN v_execution.anomaly_flags IS
    'The metrics by which it is an anomaly: true, or false once dismissed; null for none.';
  COMMENT ON COLUMN v_execution.config_version IS 'The version of the pipeline''s configuration that it runs with.';
  COMMENT ON COLUMN v_execution.deadline IS
    'When it is late: its start plus the timeliness threshold that holds for it; null without one.';
  COMMENT ON COLUMN v_execution.date_recorded IS 'The date of its start in UTC.';
  COMMENT ON COLUMN v_execution.run_id IS 'Its id as a UUID.';
  COMMENT ON COLUMN v_execution.attempt IS 'Which attempt at the same run it is, from 1.';
  COMMENT ON COLUMN v_execution.retry_of IS 'The execution that it was started to repeat.';
  COMMENT ON COLUMN v_execution.superseded IS 'Whether there is a later attempt.';
  COMMENT ON COLUMN v_execution.start_date_estimated IS
    'Whether its own start was never reported; start_date is then the earliest of its children.'`;

/**
 * The median durations of pipelines' last 20 successes, without those that are endless: for each pipeline the first entries from the end of
 * ix_pipeline_execution_pipeline_succeeded. A loop, because a LIMIT for each pipeline can't be pushed down to shards.
 */
const TYPICAL_MS = `
  CREATE OR REPLACE FUNCTION watcher_typical_ms(pipeline_ids bigint[])
  RETURNS TABLE (pipeline_id bigint, successes bigint, typical_ms double precision)
  LANGUAGE plpgsql STABLE ROWS 10 SET plan_cache_mode = force_generic_plan AS $$
  BEGIN
    FOREACH pipeline_id IN ARRAY pipeline_ids LOOP
      SELECT count(recent.ms), percentile_cont(0.5) WITHIN GROUP (ORDER BY recent.ms)
        INTO successes, typical_ms
        FROM (SELECT CASE WHEN NOT s.endless THEN date_part('epoch', s.end_date - s.start_date) * 1000 END AS ms
                FROM pipeline_execution s
               WHERE s.pipeline_id = watcher_typical_ms.pipeline_id AND s.${SUCCEEDED}
               ORDER BY s.start_date DESC, s.id DESC
               LIMIT 20) recent;
      RETURN NEXT;
    END LOOP;
  END $$`;

const TYPICAL_DURATION = `
  CREATE OR REPLACE VIEW v_pipeline_typical_duration AS
  SELECT p.id AS pipeline_id, p.name AS pipeline_name, recent.successes,
         recent.typical_ms / 1000 AS typical_duration_seconds
    FROM pipeline p
   CROSS JOIN LATERAL watcher_typical_ms(ARRAY[p.id]) recent;

  COMMENT ON VIEW v_pipeline_typical_duration IS 'What each pipeline usually takes.';
  COMMENT ON COLUMN v_pipeline_typical_duration.pipeline_id IS 'The pipeline.';
  COMMENT ON COLUMN v_pipeline_typical_duration.pipeline_name IS 'Its name.';
  COMMENT ON COLUMN v_pipeline_typical_duration.successes IS
    'How many successes typical_duration_seconds is made of: the last 20, or all where there are fewer.';
  COMMENT ON COLUMN v_pipeline_typical_duration.typical_duration_seconds IS
    'The median duration of its last 20 successes, newest start first; null where it never succeeded.'`;

/** The roots of the trees that executions belong to; by pk_pipeline_execution. */
const ROOTS = `
  CREATE OR REPLACE FUNCTION watcher_execution_roots(ids bigint[])
  RETURNS TABLE (id bigint, root_id bigint)
  LANGUAGE plpgsql STABLE ROWS 100 AS $$
  BEGIN
    RETURN QUERY
    SELECT e.id, e.root_id
      FROM pipeline_execution e
     WHERE e.id = ANY (ids);
  END $$`;

/**
 * The time of each pipeline's last success, by the end of the run; null if it never succeeded. For each pipeline the
 * last entry of ix_pipeline_execution_pipeline_succeeded_end. A loop, because a max() for each pipeline would read all
 * its successes.
 */
const LAST_SUCCESS = `
  CREATE OR REPLACE FUNCTION watcher_last_success(pipeline_ids bigint[])
  RETURNS TABLE (pipeline_id bigint, end_date timestamptz)
  LANGUAGE plpgsql STABLE ROWS 10 SET plan_cache_mode = force_generic_plan AS $$
  BEGIN
    FOREACH pipeline_id IN ARRAY pipeline_ids LOOP
      SELECT max(s.end_date)
        INTO end_date
        FROM pipeline_execution s
       WHERE s.pipeline_id = watcher_last_success.pipeline_id AND s.${SUCCEEDED};
      RETURN NEXT;
    END LOOP;
  END $$`;

/**
 * Those of these failed executions whose pipeline has recovered: a later run of it has succeeded, and ended at `since`
 * (one moment for each) or after. For replicas older than `watcher_last_success`, which continue to check during an
 * upgrade. By pk_pipeline_execution and ix_pipeline_execution_pipeline_succeeded.
 */
const RECOVERED = `
  CREATE OR REPLACE FUNCTION watcher_recovered_executions(ids bigint[], since timestamptz[])
  RETURNS TABLE (id bigint)
  LANGUAGE plpgsql STABLE ROWS 100 AS $$
  BEGIN
    RETURN QUERY
    WITH item AS MATERIALIZED (
      SELECT given.id, given.since FROM unnest(ids, since) AS given (id, since)
    ), failed AS MATERIALIZED (
      SELECT item.id, item.since, e.pipeline_id, e.start_date
        FROM item
        JOIN pipeline_execution e ON e.id = item.id
    )
    SELECT DISTINCT failed.id
      FROM failed
      JOIN pipeline_execution e ON e.pipeline_id = failed.pipeline_id AND e.start_date > failed.start_date
                               AND e.${SUCCEEDED} AND e.end_date >= failed.since;
  END $$`;

/**
 * Of each of these pipelines the last successes up to a position, newest first, as numbers with commas between them:
 * id, start and duration in milliseconds, total rows, inserts, updates, soft deletes, and parent, for each; null where
 * there are none, and for the duration of an endless one. By ix_pipeline_execution_pipeline_succeeded.
 * A loop, because a LIMIT for each pipeline can't be pushed down to shards; one text, because it is read 200 runs at a
 * time.
 */
const PAST_SUCCESSES = `
  CREATE OR REPLACE FUNCTION watcher_past_successes(
    pipeline_ids bigint[], up_to_start timestamptz[], up_to_id bigint[], max_rows integer)
  RETURNS TABLE (pipeline_id bigint, runs text)
  LANGUAGE plpgsql STABLE ROWS 100 SET plan_cache_mode = force_generic_plan AS $$
  BEGIN
    FOR item IN 1 .. coalesce(cardinality(pipeline_ids), 0) LOOP
      pipeline_id := pipeline_ids[item];
      SELECT array_to_string(array_agg(past.run), ',', 'null')
        INTO runs
        FROM (SELECT ARRAY[s.id, (date_part('epoch', s.start_date) * 1000)::bigint,
                           CASE WHEN NOT s.endless THEN (date_part('epoch', s.end_date - s.start_date) * 1000)::bigint END,
                           s.total_rows, s.inserts,
                           s.updates, s.soft_deletes, s.parent_id] AS run
                FROM pipeline_execution s
               WHERE s.pipeline_id = pipeline_ids[item] AND s.${SUCCEEDED}
                 AND (s.start_date, s.id) <= (up_to_start[item], up_to_id[item]) AND NOT s.superseded
               ORDER BY s.start_date DESC, s.id DESC
               LIMIT max_rows) past;
      RETURN NEXT;
    END LOOP;
  END $$`;

/** The ranges of indexes that {@link FIRST} reads: each state in each order, by the partial indexes of a pipeline's runs. */
const FIRST_RANGES = Object.entries({
  any: 'true',
  running: RUNNING,
  succeeded: SUCCEEDED,
  failed: FAILED,
  expected: `e.status = 'expected' AND ${WITHOUT_RESULT}`,
  aborted: `e.status = 'aborted' AND ${WITHOUT_RESULT}`,
  skipped: `e.status = 'skipped' AND ${WITHOUT_RESULT}`,
  lost: `e.status = 'lost' AND ${WITHOUT_RESULT}`,
})
  .flatMap(([state, condition]) => [
    { range: `${state} desc`, condition, beyond: '<', direction: 'DESC' },
    { range: `${state} asc`, condition, beyond: '>', direction: 'ASC' },
  ])
  .map(
    ({ range, condition, beyond, direction }) => `
        WHEN '${range}' THEN
          RETURN QUERY
          SELECT e.id
            FROM pipeline_execution e
           WHERE e.pipeline_id = pipeline AND ${condition}
             AND (e.start_date, e.id) ${beyond} (after_start, after_id)
             AND e.start_date >= started_from AND e.start_date < started_before
             AND (ended_from IS NULL OR e.end_date >= ended_from)
             AND (is_root IS NULL OR (e.parent_id IS NULL) = is_root)
           ORDER BY e.start_date ${direction}, e.id ${direction}
           LIMIT max_rows;`,
  )
  .join('');

/**
 * Of each of these pipelines the first executions of a range, such as 'failed desc', after a position: what a list over
 * many pipelines is merged from, in a time that does not grow with their history. A loop, because a LIMIT for each
 * pipeline can't be pushed down to shards.
 */
const FIRST = `
  CREATE OR REPLACE FUNCTION watcher_first_executions(
    pipeline_ids bigint[], state_range text, started_from timestamptz, started_before timestamptz,
    ended_from timestamptz, is_root boolean, after_start timestamptz, after_id bigint, max_rows integer)
  RETURNS TABLE (id bigint)
  LANGUAGE plpgsql STABLE ROWS 1000 SET plan_cache_mode = force_generic_plan AS $$
  DECLARE pipeline bigint;
  BEGIN
    FOREACH pipeline IN ARRAY pipeline_ids LOOP
      CASE state_range${FIRST_RANGES}
      END CASE;
    END LOOP;
  END $$`;

/** What the execution module offers to the others and to SQL users. */
export const EXECUTION_VIEWS = {
  views: ['v_execution', 'v_pipeline_typical_duration'],
  functions: [
    'watcher_typical_ms(bigint[])',
    'watcher_execution_roots(bigint[])',
    'watcher_last_success(bigint[])',
    'watcher_past_successes(bigint[], timestamptz[], bigint[], integer)',
    'watcher_recovered_executions(bigint[], timestamptz[])',
    'watcher_first_executions(bigint[], text, timestamptz, timestamptz, timestamptz, boolean, timestamptz, bigint, integer)',
  ],
  statements: [EXECUTION, TYPICAL_MS, TYPICAL_DURATION, ROOTS, LAST_SUCCESS, PAST_SUCCESSES, RECOVERED, FIRST],
};
