import type { PipelineConfigHistoryEntity } from './pipeline-config-history.entity.js';
import type { PipelineTypeEntity } from './pipeline-type.entity.js';
import type { PipelineTypeDto } from './pipeline-type.dto.js';
import type { PipelineConfigurationChangeDto, PipelineDto, RegisterPipelineDto } from './pipeline.dto.js';
import type { PipelineEntity } from './pipeline.entity.js';
import type { Configuration } from './configuration.js';

/** The configuration that a registration asks for, under the names that are stored for it. */
export function toConfiguration(request: RegisterPipelineDto, name: string, typeName: string): Configuration {
  return {
    name,
    pipeline_type_name: typeName,
    pipeline_metadata: request.pipeline_metadata ?? null,
    freshness_number: request.freshness_number ?? null,
    freshness_datepart: request.freshness_datepart ?? null,
    timeliness_number: request.timeliness_number ?? null,
    timeliness_datepart: request.timeliness_datepart ?? null,
  };
}

/** The columns of a row that hold a configuration. */
export function toConfigurationColumns(configuration: Configuration) {
  return {
    pipelineMetadata: configuration.pipeline_metadata,
    freshnessNumber: configuration.freshness_number,
    freshnessDatepart: configuration.freshness_datepart,
    timelinessNumber: configuration.timeliness_number,
    timelinessDatepart: configuration.timeliness_datepart,
  };
}

/** The configuration of a row as it stands, operators' changes included. */
export function configurationOf(pipeline: PipelineEntity): Configuration {
  return {
    name: pipeline.name,
    pipeline_type_name: pipeline.pipelineType.name,
    pipeline_metadata: pipeline.pipelineMetadata,
    freshness_number: pipeline.freshnessNumber,
    freshness_datepart: pipeline.freshnessDatepart,
    timeliness_number: pipeline.timelinessNumber,
    timeliness_datepart: pipeline.timelinessDatepart,
  };
}

export function toPipelineDto(pipeline: PipelineEntity): PipelineDto {
  return {
    id: pipeline.id,
    name: pipeline.name,
    pipeline_type_id: pipeline.pipelineTypeId,
    pipeline_type_name: pipeline.pipelineType.name,
    watermark: pipeline.watermark,
    next_watermark: pipeline.nextWatermark,
    pipeline_metadata: pipeline.pipelineMetadata,
    last_target_insert: pipeline.lastTargetInsert?.toISOString() ?? null,
    last_target_update: pipeline.lastTargetUpdate?.toISOString() ?? null,
    last_target_soft_delete: pipeline.lastTargetSoftDelete?.toISOString() ?? null,
    freshness_number: pipeline.freshnessNumber,
    freshness_datepart: pipeline.freshnessDatepart,
    mute_freshness_check: pipeline.muteFreshnessCheck,
    timeliness_number: pipeline.timelinessNumber,
    timeliness_datepart: pipeline.timelinessDatepart,
    mute_timeliness_check: pipeline.muteTimelinessCheck,
    load_lineage: pipeline.loadLineage,
    active: pipeline.active,
    config_hash: pipeline.configHash,
    config_version: pipeline.configVersion,
    created_at: pipeline.createdAt.toISOString(),
    updated_at: pipeline.updatedAt.toISOString(),
  };
}

export function toPipelineConfigurationChangeDto(change: PipelineConfigHistoryEntity): PipelineConfigurationChangeDto {
  return {
    pipeline_id: change.pipelineId,
    config_version: change.configVersion,
    config_hash: change.configHash,
    old_configuration: { ...change.oldConfiguration },
    new_configuration: { ...change.newConfiguration },
    changed_at: change.changedAt.toISOString(),
  };
}

export function toPipelineTypeDto(type: PipelineTypeEntity): PipelineTypeDto {
  return {
    id: type.id,
    name: type.name,
    freshness_number: type.freshnessNumber,
    freshness_datepart: type.freshnessDatepart,
    mute_freshness_check: type.muteFreshnessCheck,
    timeliness_number: type.timelinessNumber,
    timeliness_datepart: type.timelinessDatepart,
    mute_timeliness_check: type.muteTimelinessCheck,
    created_at: type.createdAt.toISOString(),
    updated_at: type.updatedAt.toISOString(),
  };
}
