import { FAILED, RUNNING, STATUS, SUCCEEDED } from './conditions.js';

/** The pipelines with a running execution. Uses ix_pipeline_execution_pipeline_running. */
const RUNNING_PIPELINES = `
  CREATE OR REPLACE FUNCTION watcher_running_pipelines()
  RETURNS SETOF bigint
  LANGUAGE plpgsql STABLE ROWS 100 AS $$
  BEGIN
    RETURN QUERY SELECT DISTINCT e.pipeline_id FROM pipeline_execution e WHERE e.${RUNNING};
  END $$`;

/**
 * The pipelines with a failed execution and no success that started later. Steps from one pipeline that has ever failed
 * to the next, by ix_pipeline_execution_pipeline_failed and ix_pipeline_execution_pipeline_succeeded: the cost depends
 * on their number, not on that of the executions.
 */
const FAILING_PIPELINES = `
  CREATE OR REPLACE FUNCTION watcher_failing_pipelines()
  RETURNS SETOF bigint
  LANGUAGE plpgsql STABLE ROWS 100 SET plan_cache_mode = force_generic_plan AS $$
  DECLARE
    failed bigint := 0;
    failed_at timestamptz;
  BEGIN
    LOOP
      SELECT e.pipeline_id INTO failed
        FROM pipeline_execution e
       WHERE e.${FAILED} AND e.pipeline_id > failed
       ORDER BY e.pipeline_id
       LIMIT 1;
      EXIT WHEN failed IS NULL;
      failed_at := (SELECT max(e.start_date) FROM pipeline_execution e WHERE e.${FAILED} AND e.pipeline_id = failed);
      IF NOT EXISTS (SELECT FROM pipeline_execution e
                      WHERE e.${SUCCEEDED} AND e.pipeline_id = failed AND e.start_date > failed_at) THEN
        RETURN NEXT failed;
      END IF;
    END LOOP;
  END $$`;

/** Whether a pipeline has an execution. Uses ix_pipeline_execution_pipeline_start. */
const HAS_RUN = `
  CREATE OR REPLACE FUNCTION watcher_has_run(of_pipeline bigint)
  RETURNS boolean
  LANGUAGE plpgsql STABLE AS $$
  BEGIN
    RETURN EXISTS (SELECT FROM pipeline_execution e WHERE e.pipeline_id = of_pipeline);
  END $$`;

/** Whether a pipeline has a successful execution. Uses ix_pipeline_execution_pipeline_succeeded. */
const HAS_SUCCEEDED = `
  CREATE OR REPLACE FUNCTION watcher_has_succeeded(of_pipeline bigint)
  RETURNS boolean
  LANGUAGE plpgsql STABLE AS $$
  BEGIN
    RETURN EXISTS (SELECT FROM pipeline_execution e WHERE e.${SUCCEEDED} AND e.pipeline_id = of_pipeline);
  END $$`;

/**
 * The last executions of pipelines, newest first, at most `most` of each, as arrays. A loop, because a LIMIT for each
 * pipeline can't be pushed down to shards. Uses ix_pipeline_execution_pipeline_start.
 */
const RECENT_EXECUTIONS = `
  CREATE OR REPLACE FUNCTION watcher_recent_executions(pipeline_ids bigint[], most integer)
  RETURNS TABLE (pipeline_id bigint, ids bigint[], root_ids bigint[], starts timestamptz[], ends timestamptz[],
                 statuses text[])
  LANGUAGE plpgsql STABLE ROWS 100 SET plan_cache_mode = force_generic_plan AS $$
  BEGIN
    FOREACH pipeline_id IN ARRAY pipeline_ids LOOP
      SELECT array_agg(recent.id ORDER BY recent.start_date DESC, recent.id DESC),
             array_agg(recent.root_id ORDER BY recent.start_date DESC, recent.id DESC),
             array_agg(recent.start_date::timestamptz ORDER BY recent.start_date DESC, recent.id DESC),
             array_agg(recent.end_date::timestamptz ORDER BY recent.start_date DESC, recent.id DESC),
             array_agg(recent.status ORDER BY recent.start_date DESC, recent.id DESC)
        INTO ids, root_ids, starts, ends, statuses
        FROM (SELECT e.id, e.root_id, e.start_date, e.end_date,${STATUS} AS status
                FROM pipeline_execution e
               WHERE e.pipeline_id = watcher_recent_executions.pipeline_id
               ORDER BY e.start_date DESC, e.id DESC
               LIMIT most) recent;
      RETURN NEXT;
    END LOOP;
  END $$`;

/** The number of open incidents of pipelines that have any. Uses ix_incident_open. */
const OPEN_INCIDENTS = `
  CREATE OR REPLACE FUNCTION watcher_open_incidents(pipeline_ids bigint[])
  RETURNS TABLE (pipeline_id bigint, incidents bigint)
  LANGUAGE plpgsql STABLE ROWS 10 AS $$
  BEGIN
    RETURN QUERY
    SELECT i.pipeline_id, count(*)
      FROM incident i
     WHERE i.resolved_at IS NULL AND i.pipeline_id = ANY (pipeline_ids)
     GROUP BY i.pipeline_id;
  END $$`;

/** The functions of other modules by which the pipeline module filters and completes its list. */
export const STATE_VIEWS = {
  views: [],
  functions: [
    'watcher_running_pipelines()',
    'watcher_failing_pipelines()',
    'watcher_has_run(bigint)',
    'watcher_has_succeeded(bigint)',
    'watcher_recent_executions(bigint[], integer)',
    'watcher_open_incidents(bigint[])',
  ],
  statements: [RUNNING_PIPELINES, FAILING_PIPELINES, HAS_RUN, HAS_SUCCEEDED, RECENT_EXECUTIONS, OPEN_INCIDENTS],
};
