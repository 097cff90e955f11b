/** Nobody else adds a rule until the transaction ends. */
export const LOCK_RULES = `LOCK TABLE anomaly_detection_rule IN SHARE ROW EXCLUSIVE MODE`;

/** The metrics of these pipelines that have a rule. Uses uq_anomaly_detection_rule_metric. */
export const FIND_KNOWN_RULES = `
  SELECT r.pipeline_id || ' ' || r.metric_field AS key
    FROM anomaly_detection_rule r
   WHERE r.pipeline_id = ANY ($1::bigint[])`;

export const INSERT_RULES = `
  INSERT INTO anomaly_detection_rule (id, pipeline_id, metric_field, z_threshold, lookback_days, minimum_executions,
                                      active, created_at, updated_at)
  SELECT coalesce(item.id, nextval(pg_get_serial_sequence('anomaly_detection_rule', 'id'))), item.pipeline_id,
         item.metric_field, item.z_threshold, item.lookback_days, item.minimum_executions, item.active,
         coalesce(item.created_at, now()), item.updated_at
    FROM jsonb_to_recordset($1::jsonb) AS item (
           id bigint, pipeline_id bigint, metric_field text, z_threshold numeric, lookback_days int,
           minimum_executions int, active bool, created_at timestamptz, updated_at timestamptz)
      ON CONFLICT (pipeline_id, metric_field) DO NOTHING`;
