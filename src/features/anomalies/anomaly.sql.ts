/** The unusual metrics that runs are still flagged for, of one run; by uq_anomaly_execution. */
export const FIND_FLAGGED = `
  SELECT a.id, a.metric FROM anomaly a WHERE a.execution_id = $1::bigint AND a.dismissed_at IS NULL`;

/**
 * Ends the incident of the unusual runs in a row that an anomaly belongs to: its metric, from the first run on. The
 * runs go on without an incident. By pk_anomaly_episode.
 */
export const DETACH_INCIDENT = `
  WITH open AS MATERIALIZED (
    SELECT e.incident_id
      FROM anomaly_episode e
     WHERE e.pipeline_id = $1::bigint AND e.metric = $2::text AND e.first_execution_id <= $3::bigint
       AND e.incident_id IS NOT NULL
       FOR UPDATE
  )
  UPDATE anomaly_episode e
     SET incident_id = NULL
    FROM open
   WHERE e.pipeline_id = $1::bigint AND e.metric = $2::text
  RETURNING open.incident_id AS id`;
