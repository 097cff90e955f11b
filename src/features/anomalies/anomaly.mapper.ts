import type { AnomalyDto, ExpectedDurationDto, ExpectedMetricDto } from './anomaly.dto.js';
import type { AnomalyEntity, PipelineExpectationEntity } from './anomaly.entity.js';
import type { MetricVerdict } from './history.js';

/** An anomaly as clients see it. */
export function toAnomalyDto(anomaly: AnomalyEntity): AnomalyDto {
  return {
    id: anomaly.id,
    execution_id: anomaly.executionId,
    pipeline_id: anomaly.pipelineId,
    pipeline_name: anomaly.pipeline.name,
    metric: anomaly.metric,
    value: anomaly.value,
    expected: anomaly.expected,
    lower: anomaly.lower,
    upper: anomaly.upper,
    direction: anomaly.direction,
    group: anomaly.baseline.group,
    runs: anomaly.baseline.runs,
    detail: anomaly.detail,
    status: anomaly.dismissedAt ? 'dismissed' : 'open',
    detected_at: anomaly.detectedAt.toISOString(),
    dismissed_at: anomaly.dismissedAt?.toISOString() ?? null,
  };
}

export function toExpectedMetricDto(verdict: MetricVerdict): ExpectedMetricDto {
  const { expected, group, lower, metric, runs, upper } = verdict;
  return { metric, expected, lower, upper, group, runs };
}

export function toExpectedDurationDto(expectation: PipelineExpectationEntity): ExpectedDurationDto {
  return {
    parent_pipeline_id: expectation.parentPipelineId || null,
    expected_seconds: expectation.durationExpected,
    slow_after_seconds: expectation.durationUpper,
    runs: expectation.runs,
    updated_at: expectation.updatedAt.toISOString(),
  };
}
