/** Conditions on a pipeline `p`; each has an index, see `PipelineSearchEntity`. */

export const IN_NAMESPACE = `p.id IN (SELECT s.pipeline_id FROM pipeline_search s WHERE s.namespace = :namespace)`;

export const HAS_NAME = `p.id IN (SELECT s.pipeline_id FROM pipeline_search s WHERE s.name = :name)`;

export const HAS_PART = `p.id IN (SELECT s.pipeline_id FROM pipeline_search s WHERE s.name LIKE :part)`;

export const HAS_METADATA = `p.id IN (SELECT s.pipeline_id FROM pipeline_search s WHERE s.metadata @> :metadata::jsonb)`;
