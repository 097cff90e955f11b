import { RUNNING } from './conditions.js';

/** The pipelines with a running execution. Uses ix_pipeline_execution_pipeline_running. */
const RUNNING_PIPELINES = `
  CREATE OR REPLACE FUNCTION watcher_running_pipelines()
  RETURNS SETOF bigint
  LANGUAGE plpgsql STABLE ROWS 100 AS $$
  BEGIN
    RETURN QUERY SELECT DISTINCT e.pipeline_id FROM pipeline_execution e WHERE e.${RUNNING};
  END $$`;

/**
 * The result of the execution of a pipeline that started last among those that succeeded or failed: `succeeded` or
 * `failed`; `none` where it has only others, and null where it has no execution. Uses
 * ix_pipeline_execution_pipeline_failed, ix_pipeline_execution_pipeline_succeeded and
 * ix_pipeline_execution_pipeline_start.
 */
const LAST_RESULT = `
  CREATE OR REPLACE FUNCTION watcher_last_result(of_pipeline bigint)
  RETURNS text
  LANGUAGE plpgsql STABLE AS $$
  DECLARE
    failed timestamptz := (SELECT max(e.start_date) FROM pipeline_execution e
                            WHERE e.pipeline_id = of_pipeline AND e.completed_successfully = false);
    succeeded timestamptz := (SELECT max(e.start_date) FROM pipeline_execution e
                               WHERE e.pipeline_id = of_pipeline AND e.completed_successfully = true);
  BEGIN
    RETURN CASE WHEN failed > succeeded OR (failed IS NOT NULL AND succeeded IS NULL) THEN 'failed'
                WHEN succeeded IS NOT NULL THEN 'succeeded'
                WHEN EXISTS (SELECT FROM pipeline_execution e WHERE e.pipeline_id = of_pipeline) THEN 'none' END;
  END $$`;

/** The functions of the execution module by which the pipeline module filters its list. */
export const STATE_VIEWS = {
  views: [],
  functions: ['watcher_running_pipelines()', 'watcher_last_result(bigint)'],
  statements: [RUNNING_PIPELINES, LAST_RESULT],
};
