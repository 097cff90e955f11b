/**
 * The results of the older service, with its columns, from the anomalies that were not dismissed. The deviation is a
 * third of the distance to the upper bound, or that of the rule's threshold.
 */
const RESULTS = `
  CREATE OR REPLACE VIEW anomaly_detection_result AS
  SELECT a.execution_id AS pipeline_execution_id, r.id AS rule_id, a.value AS violation_value,
         (a.value - a.expected) / nullif((a.upper - a.expected) / coalesce(r.z_threshold, 3)::double precision, 0)
           AS z_score,
         a.expected AS historical_mean,
         (a.upper - a.expected) / coalesce(r.z_threshold, 3)::double precision AS std_deviation_value,
         coalesce(r.z_threshold, 3) AS z_threshold, a.lower AS threshold_min_value, a.upper AS threshold_max_value,
         jsonb_build_object('lookback_days', r.lookback_days, 'minimum_executions', r.minimum_executions,
                            'execution_count', a.baseline -> 'history') AS context,
         a.detected_at
    FROM anomaly a
    LEFT JOIN anomaly_detection_rule r ON r.pipeline_id = a.pipeline_id AND r.metric_field = a.metric
   WHERE a.dismissed_at IS NULL;

  COMMENT ON VIEW anomaly_detection_result IS
    'One row for each unusual metric of a run, with the columns of the older service.';
  COMMENT ON COLUMN anomaly_detection_result.pipeline_execution_id IS 'The run.';
  COMMENT ON COLUMN anomaly_detection_result.rule_id IS 'The rule for the metric; null where it is judged without one.';
  COMMENT ON COLUMN anomaly_detection_result.violation_value IS 'The unusual value.';
  COMMENT ON COLUMN anomaly_detection_result.z_score IS 'How many deviations it lies from the expected value.';
  COMMENT ON COLUMN anomaly_detection_result.historical_mean IS 'The expected value.';
  COMMENT ON COLUMN anomaly_detection_result.std_deviation_value IS 'The deviation.';
  COMMENT ON COLUMN anomaly_detection_result.z_threshold IS 'The threshold of the rule; 3 without one.';
  COMMENT ON COLUMN anomaly_detection_result.threshold_min_value IS 'The least usual value.';
  COMMENT ON COLUMN anomaly_detection_result.threshold_max_value IS 'The greatest usual value.';
  COMMENT ON COLUMN anomaly_detection_result.context IS 'The history of the rule, and the number of earlier runs.';
  COMMENT ON COLUMN anomaly_detection_result.detected_at IS 'When it was found.'`;

/** What the anomalies offer to SQL users. */
export const ANOMALY_VIEWS = { views: ['anomaly_detection_result'], functions: [], statements: [RESULTS] };
