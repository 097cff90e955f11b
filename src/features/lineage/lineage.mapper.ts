import { DomainError } from '../../platform/errors/domain-error.js';
import type { AffectedPipelineStatus } from '../pipeline/pipeline-status.service.js';
import type { AddressEntity } from './address.entity.js';
import type { DescribedDataset } from './address.repository.js';
import type { DatasetDto, DatasetNameDto, DatasetReferenceDto } from './dataset.dto.js';
import { type AskedDataset, typeOfName } from './dataset-key.js';
import type { AffectedPipelineDto } from './impact.dto.js';
import type { PipelineEdgeDto } from './lineage.dto.js';
import type { PipelineEdge } from './lineage.repository.js';

export function toAskedDataset({ namespace = '', name }: DatasetNameDto): AskedDataset {
  return { namespace, name, type: typeOfName(namespace, name), declaration: {} };
}

export function toDatasetDto(dataset: AddressEntity): DatasetDto {
  return {
    id: dataset.id,
    namespace: dataset.namespace,
    name: dataset.name,
    address_type_name: dataset.addressType.name,
    address_type_group_name: dataset.addressType.groupName,
    address_type_id: dataset.addressTypeId,
    database_name: dataset.databaseName,
    schema_name: dataset.schemaName,
    table_name: dataset.tableName,
    primary_key: dataset.primaryKey,
    address_metadata: dataset.addressMetadata,
    fields: dataset.fields,
    fields_at: dataset.fieldsAt?.toISOString() ?? null,
    created_at: dataset.createdAt.toISOString(),
    updated_at: dataset.updatedAt > dataset.createdAt ? dataset.updatedAt.toISOString() : null,
  };
}

/** A dataset of an edge. */
export function toDatasetReferenceDto(
  id: number,
  described: ReadonlyMap<number, DescribedDataset>,
): DatasetReferenceDto {
  const dataset = described.get(id);
  if (!dataset) throw new DomainError('unavailable', 'dataset_missing', `The dataset with id ${id} is missing.`);
  return {
    id,
    namespace: dataset.namespace,
    name: dataset.name,
    address_type_name: dataset.typeName,
    address_type_group_name: dataset.groupName,
  };
}

export function toPipelineEdgeDto(edge: PipelineEdge): PipelineEdgeDto {
  return {
    source_id: edge.sourceId,
    target_id: edge.targetId,
    declared: edge.declared,
    first_seen: edge.firstSeen,
    last_seen: edge.lastSeen,
  };
}

export function toAffectedPipelineDto(
  pipeline: AffectedPipelineStatus,
  depth: number,
  since: Date | undefined,
): AffectedPipelineDto {
  const { lastExecution } = pipeline;
  return {
    id: pipeline.id,
    name: pipeline.name,
    namespace: pipeline.namespace,
    pipeline_type_name: pipeline.typeName,
    active: pipeline.active,
    depth,
    last_execution: lastExecution,
    next_expected_at: pipeline.nextExpectedAt?.toISOString() ?? null,
    open_incidents: pipeline.openIncidents,
    ran_since: since ? lastExecution !== null && new Date(lastExecution.start_date) >= since : null,
  };
}
