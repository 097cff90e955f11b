import { prepared } from '../../platform/database/prepared-statements.js';

/** Adds or replaces what executions read and wrote. Index: pk_execution_dataset. */
export const UPSERT_USES = prepared(`
  INSERT INTO execution_dataset AS d (execution_id, dataset_id, io, rows, bytes, files, at)
  SELECT r.execution_id, r.dataset_id, r.io, r.rows, r.bytes, r.files, r.at
    FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::timestamptz[])
      AS r (execution_id, dataset_id, io, rows, bytes, files, at)
   ORDER BY r.execution_id, r.dataset_id, r.io
      ON CONFLICT (execution_id, dataset_id, io) DO UPDATE
     SET rows = excluded.rows, bytes = excluded.bytes, files = excluded.files, at = excluded.at
   WHERE (d.rows, d.bytes, d.files, d.at) IS DISTINCT FROM (excluded.rows, excluded.bytes, excluded.files, excluded.at)`);

/**
 * Sets the fields of datasets to those stated last, of several at one moment to the greatest text, so that the order of
 * reports does not matter. Index: pk_address.
 */
export const SET_FIELDS = prepared(`
  WITH stated AS MATERIALIZED (
    SELECT DISTINCT ON (item.id) item.id, item.at, item.fields
      FROM unnest($1::bigint[], $2::timestamptz[], $3::jsonb[]) AS item (id, at, fields)
     ORDER BY item.id, item.at DESC, item.fields::text COLLATE "C" DESC
  )
  UPDATE address a
     SET schema = CASE WHEN a.schema = stated.fields THEN a.schema ELSE stated.fields END, schema_at = stated.at
    FROM stated
   WHERE a.id = ANY (ARRAY (SELECT unnest($1::bigint[]))) AND a.id = stated.id
     AND (a.schema_at IS NULL OR a.schema_at < stated.at
          OR a.schema_at = stated.at AND a.schema::text COLLATE "C" < stated.fields::text COLLATE "C")`);

/** Adds other names of datasets. Index: pk_address_alias. */
export const ADD_ALIASES = `
  INSERT INTO address_alias AS a (a_id, b_id, kind)
  SELECT r.a_id, r.b_id, r.kind
    FROM unnest($1::bigint[], $2::bigint[], $3::text[]) AS r (a_id, b_id, kind)
   ORDER BY r.a_id, r.b_id
      ON CONFLICT (a_id, b_id) DO UPDATE SET kind = excluded.kind WHERE a.kind COLLATE "C" < excluded.kind`;

/** Locks what decides about the edges of pipelines, in the order of their ids. Index: pk_pipeline_lineage. */
export const LOCK_PIPELINES_OF_EDGES = prepared(`
  INSERT INTO pipeline_lineage AS l (pipeline_id)
  SELECT p.id FROM unnest($1::bigint[]) AS p (id) ORDER BY p.id
      ON CONFLICT (pipeline_id) DO UPDATE SET pipeline_id = excluded.pipeline_id
  RETURNING l.pipeline_id AS "pipelineId", l.recent::text[] AS recent`);

/**
 * Adds edges that runs have shown. The days only widen, so that the result does not depend on the order of reports; an
 * edge that was shown that day is not written again.
 */
export const OBSERVE_PAIRS = prepared(`
  INSERT INTO address_edge AS e (source_address_id, target_address_id, pipeline_id, declared, first_seen, last_seen)
  SELECT r.source_id, r.target_id, r.pipeline_id, false, min(r.day), max(r.day)
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::date[]) AS r (source_id, target_id, pipeline_id, day)
   GROUP BY r.source_id, r.target_id, r.pipeline_id
   ORDER BY r.source_id, r.target_id, r.pipeline_id
      ON CONFLICT (source_address_id, target_address_id, pipeline_id) DO UPDATE
     SET first_seen = least(e.first_seen, excluded.first_seen), last_seen = greatest(e.last_seen, excluded.last_seen),
         removed_at = NULL
   WHERE e.removed_at IS NOT NULL OR e.first_seen > excluded.first_seen OR e.last_seen IS NULL
      OR e.last_seen < excluded.last_seen`);

/** Removes edges of one pipeline that are not declared, before those that its successes show are added anew. */
export const FORGET_SHOWN = `
  DELETE FROM address_edge e WHERE e.pipeline_id = ANY ($1::bigint[]) AND NOT e.declared`;

/** Takes back the days on which declared edges were shown. */
export const UNSHOW_DECLARED = `
  UPDATE address_edge e SET last_seen = NULL WHERE e.pipeline_id = ANY ($1::bigint[]) AND e.declared`;
