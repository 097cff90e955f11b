/** Conditions on a pipeline `p`; each has an index, see `PipelineSearchEntity`. */

export const IN_NAMESPACE = `p.id IN (SELECT s.pipeline_id FROM pipeline_search s WHERE s.namespace = :namespace)`;

export const HAS_NAME = `p.id IN (SELECT s.pipeline_id FROM pipeline_search s WHERE s.name = :name)`;

export const HAS_PART = `p.id IN (SELECT s.pipeline_id FROM pipeline_search s WHERE s.name LIKE :part)`;

export const HAS_METADATA = `p.id IN (SELECT s.pipeline_id FROM pipeline_search s WHERE s.metadata @> :metadata::jsonb)`;

/** The ids of pipelines whose names begin with the pattern $1, by name, at most $2. Index: ix_pipeline_search_name. */
export const FIND_BEGINNING = `
  SELECT s.pipeline_id AS id FROM pipeline_search s WHERE s.name LIKE $1::text ORDER BY s.name, s.pipeline_id LIMIT $2::int`;

/** The ids of pipelines whose names match the pattern $1, at most $2. Index: ix_pipeline_search_name_part. */
export const FIND_CONTAINING = `
  SELECT s.pipeline_id AS id FROM pipeline_search s WHERE s.name LIKE $1::text LIMIT $2::int`;

/** What a search shows of pipelines. Indexes: pk_pipeline, pk_pipeline_type. */
export const DESCRIBE_FOUND = `
  SELECT p.id, p.namespace, p.name, t.name AS pipeline_type_name, p.active, p.archived
    FROM pipeline p
    JOIN pipeline_type t ON t.id = p.pipeline_type_id
   WHERE p.id = ANY ($1::bigint[])`;
