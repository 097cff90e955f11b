import { prepared } from '../../platform/database/prepared-statements.js';

/** Queues successes, in the transaction of their ends. */
export const QUEUE_EXECUTIONS = prepared(`
  INSERT INTO execution_to_judge (execution_id, pipeline_id)
  SELECT item.execution_id, item.pipeline_id
    FROM unnest($1::bigint[], $2::bigint[]) AS item (execution_id, pipeline_id)
  ON CONFLICT DO NOTHING`);

export const IS_ANY_QUEUED = prepared(`SELECT EXISTS (SELECT FROM execution_to_judge) AS found`);

/** One replica judges at a time. A lock of the transaction, so that it works through a pooler. */
export const TRY_LOCK_JUDGING = `
  SELECT pg_try_advisory_xact_lock(hashtextextended('watcher.judge', 0)) AS locked`;

/** Takes executions from the queue; by pk_execution_to_judge. */
export const TAKE_EXECUTIONS = `
  WITH taken AS MATERIALIZED (
    SELECT q.execution_id FROM execution_to_judge q ORDER BY q.execution_id LIMIT $1::int
  )
  DELETE FROM execution_to_judge q USING taken WHERE q.execution_id = taken.execution_id
  RETURNING q.execution_id AS id`;

/** By pk_pipeline_execution. */
export const FIND_JUDGED = `
  SELECT e.id, e.parent_id AS "parentId", e.root_id AS "rootId", e.pipeline_id AS "pipelineId",
         e.start_date AS "startDate", e.end_date AS "endDate", e.superseded,
         e.completed_successfully AS "completedSuccessfully"
    FROM pipeline_execution e
   WHERE e.id = ANY ($1::bigint[])`;

/** The pipelines of executions; by pk_pipeline_execution. */
export const FIND_PIPELINES_OF = `
  SELECT e.id, e.pipeline_id AS "pipelineId" FROM pipeline_execution e WHERE e.id = ANY ($1::bigint[])`;

/** By pk_pipeline and pk_pipeline_type. */
export const FIND_JUDGED_PIPELINES = `
  SELECT p.id, p.schedule_timezone AS zone,
         p.active AND NOT p.archived AND NOT p.mute_anomaly_check AND NOT t.mute_anomaly_check AS "isWatched"
    FROM pipeline p
    JOIN pipeline_type t ON t.id = p.pipeline_type_id
   WHERE p.id = ANY ($1::bigint[])`;

/** See `watcher_past_successes`. */
export const FIND_PAST_SUCCESSES = prepared(`
  SELECT past.pipeline_id AS "pipelineId", past.runs
    FROM watcher_past_successes($1::bigint[], $2::timestamptz[], $3::bigint[], $4::int) past`);

/** The active rules of pipelines; by uq_anomaly_detection_rule_metric. */
export const FIND_RULES = `
  SELECT r.pipeline_id AS "pipelineId", r.metric_field AS metric, r.z_threshold::float8 AS "zThreshold",
         r.lookback_days AS "lookbackDays", r.minimum_executions AS "minimumExecutions"
    FROM anomaly_detection_rule r
   WHERE r.pipeline_id = ANY ($1::bigint[]) AND r.active`;

/** By pk_anomaly_episode. */
export const FIND_EPISODES = `
  SELECT e.pipeline_id AS "pipelineId", e.metric, e.direction, e.runs, e.first_execution_id AS "firstExecutionId",
         e.incident_id AS "incidentId"
    FROM anomaly_episode e
   WHERE e.pipeline_id = ANY ($1::bigint[])`;

export const WRITE_EPISODES = `
  INSERT INTO anomaly_episode AS e (pipeline_id, metric, direction, runs, first_execution_id, incident_id)
  SELECT item.pipeline_id, item.metric, item.direction, item.runs, item.first_execution_id, item.incident_id
    FROM jsonb_to_recordset($1::jsonb) AS item (
           pipeline_id bigint, metric text, direction text, runs int, first_execution_id bigint, incident_id bigint)
  ON CONFLICT (pipeline_id, metric) DO UPDATE
     SET direction = excluded.direction, runs = excluded.runs, first_execution_id = excluded.first_execution_id,
         incident_id = excluded.incident_id`;

/** By pk_anomaly_episode. */
export const DELETE_EPISODES = `
  DELETE FROM anomaly_episode e
   USING unnest($1::bigint[], $2::text[]) AS item (pipeline_id, metric)
   WHERE e.pipeline_id = item.pipeline_id AND e.metric = item.metric`;

/** By ix_anomaly_episode_incident. */
export const FIND_INCIDENTS_WITH_EPISODES = `
  SELECT DISTINCT e.incident_id AS id FROM anomaly_episode e WHERE e.incident_id = ANY ($1::bigint[])`;

export const INSERT_ANOMALIES = `
  INSERT INTO anomaly (execution_id, root_id, pipeline_id, metric, value, expected, lower, upper, direction, baseline,
                       detail, detected_at)
  SELECT item.execution_id, item.root_id, item.pipeline_id, item.metric, item.value, item.expected, item.lower,
         item.upper, item.direction, item.baseline, item.detail, $2::timestamptz
    FROM jsonb_to_recordset($1::jsonb) AS item (
           execution_id bigint, root_id bigint, pipeline_id bigint, metric text, value float8, expected float8,
           lower float8, upper float8, direction text, baseline jsonb, detail text)
  ON CONFLICT (execution_id, metric) DO NOTHING`;

/**
 * The executions above those that took unusually long in these trees: their own time is explained by the ones below. By
 * ix_anomaly_root.
 */
export const FIND_ABOVE_LONG_RUNS = `
  SELECT DISTINCT above.ancestor_id AS id
    FROM watcher_ancestors(ARRAY(SELECT a.execution_id
                                   FROM anomaly a
                                  WHERE a.root_id = ANY ($1::bigint[]) AND a.metric = 'duration_seconds'
                                    AND a.direction = 'high' AND a.dismissed_at IS NULL)) above`;

/** When the expectations of pipelines were learned; by pk_pipeline_expectation. */
export const FIND_LEARNED = `
  SELECT x.pipeline_id AS "pipelineId", x.runs, x.updated_at AS "updatedAt"
    FROM pipeline_expectation x
   WHERE x.pipeline_id = ANY ($1::bigint[]) AND x.parent_pipeline_id = 0`;

export const WRITE_EXPECTATIONS = `
  INSERT INTO pipeline_expectation AS x (pipeline_id, parent_pipeline_id, duration_expected, duration_upper, runs,
                                         updated_at)
  SELECT item.pipeline_id, item.parent_pipeline_id, item.expected, item.upper, item.runs, $2::timestamptz
    FROM jsonb_to_recordset($1::jsonb) AS item (
           pipeline_id bigint, parent_pipeline_id bigint, expected float8, upper float8, runs int)
  ON CONFLICT (pipeline_id, parent_pipeline_id) DO UPDATE
     SET duration_expected = excluded.duration_expected, duration_upper = excluded.duration_upper,
         runs = excluded.runs, updated_at = excluded.updated_at`;

/** Forgets parents that a pipeline has not run under for long; by pk_pipeline_expectation. */
export const FORGET_EXPECTATIONS = `
  DELETE FROM pipeline_expectation x WHERE x.pipeline_id = ANY ($1::bigint[]) AND x.updated_at < $2::timestamptz`;
