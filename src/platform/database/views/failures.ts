import { FAILED, RUNNING } from './conditions.js';

/**
 * The failed executions of pipelines that ended after the last success of their pipeline, and have none above them but
 * expected ones: at most `most` for each, the latest start first. A loop, so that each pipeline reads the end of
 * ix_pipeline_execution_pipeline_failed; by pk_pipeline_execution_closure and pk_pipeline_execution.
 */
const OPEN_TOPS = `
  CREATE OR REPLACE FUNCTION watcher_failed_tops(pipeline_ids bigint[], most integer)
  RETURNS TABLE (id bigint, root_id bigint, pipeline_id bigint, end_date timestamptz, external_id text)
  LANGUAGE plpgsql STABLE ROWS 10 SET plan_cache_mode = force_generic_plan AS $$
  DECLARE
    success record;
  BEGIN
    FOR success IN SELECT s.pipeline_id, s.end_date FROM watcher_last_success(pipeline_ids) s LOOP
      RETURN QUERY
      WITH failed AS MATERIALIZED (
        SELECT e.id, e.root_id, e.pipeline_id, e.end_date, e.external_id
          FROM pipeline_execution e
         WHERE e.pipeline_id = success.pipeline_id AND e.${FAILED} AND NOT e.superseded
           AND e.end_date > coalesce(success.end_date, '-infinity')
         ORDER BY e.start_date DESC, e.id DESC
         LIMIT most
      ), line AS MATERIALIZED (
        SELECT c.child_execution_id AS id, c.parent_execution_id AS above
          FROM pipeline_execution_closure c
         WHERE c.child_execution_id = ANY (ARRAY(SELECT failed.id FROM failed)) AND c.depth > 0
      ), known AS MATERIALIZED (
        SELECT e.id
          FROM pipeline_execution e
         WHERE e.id = ANY (ARRAY(SELECT DISTINCT line.above FROM line)) AND e.status IS DISTINCT FROM 'expected'
      )
      SELECT failed.id, failed.root_id, failed.pipeline_id, failed.end_date::timestamptz, failed.external_id::text
        FROM failed
       WHERE NOT EXISTS (SELECT FROM line JOIN known ON known.id = line.above WHERE line.id = failed.id);
    END LOOP;
  END $$`;

/**
 * The running executions below others that have ended, all of them before a moment. By ix_pipeline_execution_running,
 * pk_pipeline_execution_closure and pk_pipeline_execution.
 */
const LEFT_RUNNING = `
  CREATE OR REPLACE FUNCTION watcher_left_running(moment timestamptz)
  RETURNS TABLE (id bigint, start_date timestamptz)
  LANGUAGE plpgsql STABLE ROWS 100 AS $$
  BEGIN
    RETURN QUERY
    WITH running AS MATERIALIZED (
      SELECT e.id, e.start_date FROM pipeline_execution e WHERE e.${RUNNING} AND e.parent_id IS NOT NULL
    ), line AS MATERIALIZED (
      SELECT c.child_execution_id AS id, c.parent_execution_id AS above
        FROM pipeline_execution_closure c
       WHERE c.child_execution_id = ANY (ARRAY(SELECT running.id FROM running)) AND c.depth > 0
    ), known AS MATERIALIZED (
      SELECT e.id, e.end_date
        FROM pipeline_execution e
       WHERE e.id = ANY (ARRAY(SELECT DISTINCT line.above FROM line)) AND e.status IS DISTINCT FROM 'expected'
    ), over AS MATERIALIZED (
      SELECT line.id, max(coalesce(known.end_date, 'infinity')) AS at
        FROM line
        JOIN known ON known.id = line.above
       GROUP BY line.id
    )
    SELECT running.id, running.start_date::timestamptz
      FROM running
      JOIN over ON over.id = running.id
     WHERE over.at < moment;
  END $$`;

/** Failures that are derived anew, and runs that their tree has left behind. */
export const FAILURE_VIEWS = {
  views: [],
  functions: ['watcher_failed_tops(bigint[], integer)', 'watcher_left_running(timestamptz)'],
  statements: [OPEN_TOPS, LEFT_RUNNING],
};
