import type { AddressEntity } from '../../features/lineage/address.entity.js';
import type { AddressTypeEntity } from '../../features/lineage/address-type.entity.js';
import type { AskedDataset } from '../../features/lineage/dataset-key.js';
import type { WholeGraph } from '../../features/lineage/lineage-walk.service.js';
import type { AddressTypeDto } from './address-type.dto.js';
import type { AddressLineageDto } from './address-lineage.dto.js';
import type { AddressDto, CreateAddressDto } from './address.dto.js';
import type { LineageGraphDto } from './lineage-graph.dto.js';

export function toAskedDataset(request: CreateAddressDto): AskedDataset {
  const { name, address_type_name: type, address_type_group_name: group, ...declaration } = request;
  return { namespace: '', name, type: { name: type, group }, declaration };
}

export function toAddressTypeDto(type: AddressTypeEntity): AddressTypeDto {
  return {
    id: type.id,
    name: type.name,
    group_name: type.groupName,
    created_at: type.createdAt.toISOString(),
    updated_at: type.updatedAt > type.createdAt ? type.updatedAt.toISOString() : null,
  };
}

export function toAddressDto(address: AddressEntity): AddressDto {
  return {
    id: address.id,
    name: address.name,
    address_type_id: address.addressTypeId,
    database_name: address.databaseName,
    schema_name: address.schemaName,
    table_name: address.tableName,
    primary_key: address.primaryKey,
    address_metadata: address.addressMetadata,
    input_hash: address.inputHash,
    created_at: address.createdAt.toISOString(),
    updated_at: address.updatedAt > address.createdAt ? address.updatedAt.toISOString() : null,
  };
}

/** `edges` is undefined where the pipeline had not asked for its lineage. */
export function toAddressLineageDto(pipelineId: number, edges: number | undefined): AddressLineageDto {
  const message =
    edges === undefined
      ? `pipeline ${pipelineId} does not have load_lineage=true. no lineage relationships created.`
      : `lineage relationships created for pipeline ${pipelineId}`;
  return { pipeline_id: pipelineId, lineage_relationships_created: edges ?? 0, message };
}

export function toLineageGraphDto(found: WholeGraph | undefined): LineageGraphDto {
  if (!found) return { nodes: [], edges: [], truncated: false };
  const { graph, metadata, pipelines } = found;
  return {
    nodes: graph.nodes.map((node) => ({
      id: node.id,
      name: node.name,
      address_type_name: node.address_type_name,
      address_type_group_name: node.address_type_group_name,
      address_metadata: metadata.get(node.id) ?? null,
    })),
    edges: graph.edges.flatMap(({ source_id: source, target_id: target, pipeline_id: pipelineId }) => {
      const pipeline = pipelines.get(pipelineId);
      if (!pipeline) return [];
      return [
        {
          source_address_id: source,
          target_address_id: target,
          depth: 1,
          lineage_path: [source, target],
          pipeline_id: pipelineId,
          pipeline_name: pipeline.name,
          pipeline_type_name: pipeline.typeName,
          pipeline_metadata: pipeline.shortMetadata,
          pipeline_active: pipeline.active,
        },
      ];
    }),
    truncated: graph.truncated || graph.edges_truncated,
  };
}
