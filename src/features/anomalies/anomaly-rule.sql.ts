/**
 * Returns no row where the pipeline has a rule for the metric, and a violated foreign key where there is no such
 * pipeline. By uq_anomaly_detection_rule_metric.
 */
export const INSERT_RULE = `
  INSERT INTO anomaly_detection_rule (pipeline_id, metric_field, z_threshold, lookback_days, minimum_executions, active)
  VALUES ($1::bigint, $2::text, $3::numeric, $4::int, $5::int, $6::bool)
  ON CONFLICT (pipeline_id, metric_field) DO NOTHING
  RETURNING id`;
