import { FAILED, RUNNING, SUCCEEDED } from './conditions.js';

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

/** The functions of the execution module by which the pipeline module filters its list. */
export const STATE_VIEWS = {
  views: [],
  functions: [
    'watcher_running_pipelines()',
    'watcher_failing_pipelines()',
    'watcher_has_run(bigint)',
    'watcher_has_succeeded(bigint)',
  ],
  statements: [RUNNING_PIPELINES, FAILING_PIPELINES, HAS_RUN, HAS_SUCCEEDED],
};
