import { prepared } from '../../../platform/database/prepared-statements.js';

/**
 * The tops that executions are below, or are: of an execution and its ancestors, the highest that is not expected. A
 * failed top opens an incident as a root does. Uses both indexes of the closure, and pk_pipeline_execution.
 */
export const TOPS_OF = prepared(`
  WITH line AS MATERIALIZED (
    SELECT c.child_execution_id AS id, c.parent_execution_id AS above, c.depth
      FROM pipeline_execution_closure c
     WHERE c.child_execution_id = ANY (ARRAY (SELECT unnest($1::bigint[])))
  ), node AS MATERIALIZED (
    SELECT e.id, e.root_id, e.pipeline_id, e.end_date, e.external_id
      FROM pipeline_execution e
     WHERE e.id = ANY (ARRAY(SELECT DISTINCT line.above FROM line)) AND e.status IS DISTINCT FROM 'expected'
  ), top AS MATERIALIZED (
    SELECT DISTINCT ON (line.id) node.id, node.root_id, node.pipeline_id, node.end_date, node.external_id
      FROM line
      JOIN node ON node.id = line.above
     ORDER BY line.id, line.depth DESC
  )
  SELECT DISTINCT top.id, top.root_id AS "rootId", top.pipeline_id AS "pipelineId", top.end_date AS "endDate",
         top.external_id AS "externalId"
    FROM top`);

/** The pipelines of the failed executions below executions. Uses both indexes of the closure. */
export const FAILED_PIPELINES_BELOW = `
  SELECT DISTINCT e.pipeline_id AS "pipelineId"
    FROM pipeline_execution e
   WHERE e.id = ANY (ARRAY(SELECT c.child_execution_id
                             FROM pipeline_execution_closure c
                            WHERE c.parent_execution_id = ANY ($1::bigint[])))
     AND e.completed_successfully = false`;

/** The failed tops of pipelines since their last success, at most $2 for each; see watcher_failed_tops. */
export const OPEN_TOPS = prepared(`
  SELECT t.id, t.root_id AS "rootId", t.pipeline_id AS "pipelineId", t.end_date AS "endDate",
         t.external_id AS "externalId"
    FROM watcher_failed_tops($1::bigint[], $2::int) t`);

/** The open failures of pipelines. By uq_incident_open_failure and pk_pipeline_execution. */
export const OPEN_INCIDENTS = prepared(`
  WITH open AS MATERIALIZED (
    SELECT i.id, i.pipeline_id, i.execution_id, i.root_id, i.since, i.occurrences
      FROM incident i
     WHERE i.kind = 'failure' AND i.resolved_at IS NULL AND i.pipeline_id = ANY (ARRAY (SELECT unnest($1::bigint[])))
     ORDER BY i.id
       FOR NO KEY UPDATE
  ), named AS MATERIALIZED (
    SELECT e.id, e.external_id
      FROM pipeline_execution e
     WHERE e.id = ANY (ARRAY (SELECT open.execution_id FROM open))
  )
  SELECT open.id, open.pipeline_id AS "pipelineId", open.execution_id AS "executionId", open.root_id AS "rootId",
         named.external_id AS "externalId", open.since, open.occurrences
    FROM open
    LEFT JOIN named ON named.id = open.execution_id`);

/** Makes open failures what is left of them; by pk_incident. */
export const RESTATE_INCIDENTS = prepared(`
  UPDATE incident i
     SET execution_id = item.execution_id, root_id = item.root_id, since = item.since, occurrences = item.occurrences,
         root_causes = item.root_causes, root_cause_count = item.root_cause_count
    FROM jsonb_to_recordset($1::jsonb) AS item (
           id bigint, execution_id bigint, root_id bigint, since timestamptz, occurrences int, root_causes jsonb,
           root_cause_count int)
   WHERE i.id = item.id
  RETURNING i.id, i.pipeline_id, i.since, i.notified_at`);

/** Resolves open failures, by a success since or because what they were about turned out to be none; by pk_incident. */
export const RESOLVE_RESTATED = `
  UPDATE incident i
     SET resolved_at = $2::timestamptz,
         resolution = CASE WHEN EXISTS (SELECT FROM watcher_last_success(ARRAY[i.pipeline_id]) s
                                         WHERE s.end_date >= i.since) THEN 'succeeded' ELSE 'withdrawn' END
   WHERE i.id = ANY ($1::bigint[])
  RETURNING i.id`;

/** The failed tops among executions that no incident covers. By pk_pipeline_execution and pk_incident_failure. */
export const UNCOVERED_FAILURES = prepared(`
  SELECT e.id, e.root_id AS "rootId", e.pipeline_id AS "pipelineId", e.end_date AS "endDate",
         e.external_id AS "externalId"
    FROM pipeline_execution e
   WHERE e.id = ANY (ARRAY (SELECT unnest($1::bigint[]))) AND e.completed_successfully = false AND NOT e.superseded
     AND NOT EXISTS (SELECT FROM incident_failure f WHERE f.execution_id = e.id)`);
