import type { PipelineConfigHistoryEntity } from './pipeline-config-history.entity.js';
import type { PipelineTypeEntity } from './pipeline-type.entity.js';
import type { PipelineTypeDto } from './pipeline-type.dto.js';
import type { PipelineConfigurationChangeDto, PipelineDto, RegisteredPipelineDto } from './pipeline.dto.js';
import type { RegisterPipelineDto } from './pipeline-request.dto.js';
import type { PipelineEntity } from './pipeline.entity.js';
import type { Configuration } from './configuration.js';
import type { NamePolicy } from './name-policy.js';
import { refuseUnfit } from './configuration-rules.js';
import { DEFAULT_ZONE } from './schedule.js';
import { pairsOf, PIPELINE_PAIRS, thresholdsOf, wirePair, wirePairs } from './threshold-pairs.js';

/** The configuration fields: a registration with any of them, even null, declares all. */
const DECLARATION = [
  'pipeline_metadata',
  'schedule',
  'schedule_timezone',
  ...PIPELINE_PAIRS.flatMap((name) => [`${name}_number`, `${name}_datepart`] as const),
] as const satisfies readonly (keyof Configuration & keyof RegisterPipelineDto)[];

/** Whether a registration declares a configuration. */
export function declaresConfiguration(request: RegisterPipelineDto): boolean {
  return DECLARATION.some((field) => request[field] !== undefined);
}

/** The configuration that a registration declares; throws `InvalidRequestError` for half a pair or a long name. */
export function toConfiguration(request: RegisterPipelineDto, names: NamePolicy): Configuration {
  const configuration = {
    name: names.stored(request.name),
    pipeline_type_name: names.stored(request.pipeline_type_name, 'pipeline_type_name'),
    pipeline_metadata: request.pipeline_metadata ?? null,
    schedule: request.schedule ?? null,
    schedule_timezone: request.schedule_timezone ?? null,
    ...pairsOf(PIPELINE_PAIRS, request),
  };
  refuseUnfit(configuration);
  return configuration;
}

export function toRegisteredPipelineDto(
  pipeline: Pick<PipelineEntity, 'id' | 'active' | 'loadLineage' | 'watermark'>,
): RegisteredPipelineDto {
  const { id, active, loadLineage, watermark } = pipeline;
  return { id, active, load_lineage: loadLineage, watermark };
}

/** The row's columns for a configuration. */
export function toConfigurationColumns(configuration: Configuration) {
  return {
    pipelineMetadata: configuration.pipeline_metadata,
    schedule: configuration.schedule,
    scheduleTimezone: configuration.schedule_timezone,
    ...thresholdsOf(PIPELINE_PAIRS, configuration),
  };
}

/** The current configuration of a row, including changes by operators. */
export function configurationOf(pipeline: PipelineEntity): Configuration {
  return {
    name: pipeline.name,
    pipeline_type_name: pipeline.pipelineType.name,
    pipeline_metadata: pipeline.pipelineMetadata,
    schedule: pipeline.schedule,
    schedule_timezone: pipeline.scheduleTimezone,
    ...wirePairs(PIPELINE_PAIRS, pipeline),
  };
}

export function toPipelineDto(pipeline: PipelineEntity): PipelineDto {
  return {
    id: pipeline.id,
    namespace: pipeline.namespace,
    name: pipeline.name,
    pipeline_type_id: pipeline.pipelineTypeId,
    pipeline_type_name: pipeline.pipelineType.name,
    watermark: pipeline.watermark,
    next_watermark: pipeline.nextWatermark,
    pipeline_metadata: pipeline.pipelineMetadata,
    last_target_insert: pipeline.lastTargetInsert?.toISOString() ?? null,
    last_target_update: pipeline.lastTargetUpdate?.toISOString() ?? null,
    last_target_soft_delete: pipeline.lastTargetSoftDelete?.toISOString() ?? null,
    ...wirePair('freshness', pipeline.freshness),
    ...wirePair('freshness_warn', pipeline.freshnessWarn),
    mute_freshness_check: pipeline.muteFreshnessCheck,
    ...wirePair('timeliness', pipeline.timeliness),
    ...wirePair('timeliness_warn', pipeline.timelinessWarn),
    mute_timeliness_check: pipeline.muteTimelinessCheck,
    schedule: pipeline.schedule,
    schedule_timezone: pipeline.schedule === null ? null : (pipeline.scheduleTimezone ?? DEFAULT_ZONE),
    ...wirePair('start_grace', pipeline.startGrace),
    next_expected_at: pipeline.nextExpectedAt?.toISOString() ?? null,
    mute_schedule_check: pipeline.muteScheduleCheck,
    mute_anomaly_check: pipeline.muteAnomalyCheck,
    ...wirePair('lost_after', pipeline.lostAfter),
    ...wirePair('retention', pipeline.retention),
    load_lineage: pipeline.loadLineage,
    active: pipeline.active,
    archived: pipeline.archived,
    config_hash: pipeline.configHash,
    config_version: pipeline.configVersion,
    created_at: pipeline.createdAt.toISOString(),
    updated_at: changedAt(pipeline),
  };
}

export function toPipelineConfigurationChangeDto(change: PipelineConfigHistoryEntity): PipelineConfigurationChangeDto {
  return {
    pipeline_id: change.pipelineId,
    config_version: change.configVersion,
    config_hash: change.configHash,
    old_configuration: complete(change.oldConfiguration),
    new_configuration: complete(change.newConfiguration),
    changed_at: change.changedAt.toISOString(),
  };
}

/** A stored configuration with null for the fields that are newer than it. */
function complete(stored: Configuration): Configuration {
  return {
    ...pairsOf(PIPELINE_PAIRS, {}),
    ...stored,
    schedule: stored.schedule ?? null,
    schedule_timezone: stored.schedule_timezone ?? null,
  };
}

export function toPipelineTypeDto(type: PipelineTypeEntity): PipelineTypeDto {
  return {
    id: type.id,
    name: type.name,
    ...wirePair('freshness', type.freshness),
    mute_freshness_check: type.muteFreshnessCheck,
    ...wirePair('timeliness', type.timeliness),
    mute_timeliness_check: type.muteTimelinessCheck,
    mute_anomaly_check: type.muteAnomalyCheck,
    ...wirePair('lost_after', type.lostAfter),
    ...wirePair('retention', type.retention),
    created_at: type.createdAt.toISOString(),
    updated_at: changedAt(type),
  };
}

/** The time of a row's last change; null before the first. */
function changedAt({ createdAt, updatedAt }: Pick<PipelineEntity, 'createdAt' | 'updatedAt'>): string | null {
  return updatedAt > createdAt ? updatedAt.toISOString() : null;
}
