import type { AnomalyRuleEntity } from '../../features/anomalies/anomaly.entity.js';
import { definedFields } from '../../platform/http/defined-fields.js';
import type { AnomalyRuleDto, CreateAnomalyRuleDto, PatchAnomalyRuleDto } from './anomaly-rule.dto.js';

/** The defaults of the older service. */
const DEFAULTS = { zThreshold: 3, lookbackDays: 30, minimumExecutions: 30, active: true } as const;

export function toRule(request: CreateAnomalyRuleDto) {
  const { metric_field: metricField, pipeline_id: pipelineId } = request;
  return { ...DEFAULTS, ...toChange(request), pipelineId, metricField };
}

export function toChange(request: CreateAnomalyRuleDto | PatchAnomalyRuleDto) {
  return definedFields({
    pipelineId: request.pipeline_id,
    metricField: request.metric_field,
    zThreshold: request.z_threshold,
    lookbackDays: request.lookback_days,
    minimumExecutions: request.minimum_executions,
    active: request.active,
  });
}

export function toAnomalyRuleDto(rule: AnomalyRuleEntity): AnomalyRuleDto {
  return {
    id: rule.id,
    pipeline_id: rule.pipelineId,
    metric_field: rule.metricField,
    z_threshold: rule.zThreshold,
    lookback_days: rule.lookbackDays,
    minimum_executions: rule.minimumExecutions,
    active: rule.active,
    created_at: rule.createdAt.toISOString(),
    updated_at: rule.updatedAt?.toISOString() ?? null,
  };
}
