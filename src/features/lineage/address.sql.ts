import { prepared } from '../../platform/database/prepared-statements.js';

/** The types with these keys. Index: uq_address_type_name. */
export const FIND_TYPES = prepared(`
  SELECT t.id, t.name_key AS key, t.group_name AS "group"
    FROM address_type t
   WHERE t.name_key = ANY (ARRAY (SELECT unnest($1::text[])))`);

/** Adds types, in the order of their keys, so that two transactions can't wait for each other. */
export const INSERT_TYPES = `
  INSERT INTO address_type (name, name_key, group_name)
  SELECT r.name, r.key, r.group_name
    FROM unnest($1::text[], $2::text[], $3::text[]) AS r (name, key, group_name)
   ORDER BY r.key
      ON CONFLICT (name_key) DO NOTHING
  RETURNING id, name_key AS key, group_name AS "group"`;

/** The datasets with these keys. Index: uq_address_key. */
export const FIND_DATASETS = prepared(`
  SELECT a.id, encode(a.key, 'hex') AS key, a.name_key AS "nameKey", a.input_hash AS "inputHash"
    FROM address a
   WHERE a.key = ANY (ARRAY (SELECT unnest($1::bytea[])))`);

/**
 * Adds datasets in the order of their keys, so that two transactions can't wait for each other, with ids in the order of
 * the request; returns those that were not there.
 */
export const INSERT_DATASETS = `
  WITH numbered AS MATERIALIZED (
    SELECT nextval('address_id_seq') AS id, r.*
      FROM jsonb_to_recordset($1::jsonb) AS r (
             namespace text, name text, name_key text, key text, address_type_id bigint, database_name text,
             schema_name text, table_name text, primary_key text, address_metadata jsonb, input_hash text))
  INSERT INTO address (id, namespace, name, name_key, key, address_type_id, database_name, schema_name, table_name,
                       primary_key, address_metadata, input_hash)
  SELECT r.id, r.namespace, r.name, r.name_key, decode(r.key, 'hex'), r.address_type_id, r.database_name,
         r.schema_name, r.table_name, r.primary_key, r.address_metadata, r.input_hash
    FROM numbered r
   ORDER BY r.key
      ON CONFLICT (key) DO NOTHING
  RETURNING id, encode(key, 'hex') AS key, name_key AS "nameKey", input_hash AS "inputHash"`;

/** Locks datasets in the order of their ids. Index: pk_address. */
export const LOCK_DATASETS = `
  SELECT a.id FROM address a WHERE a.id = ANY ($1::bigint[]) ORDER BY a.id FOR NO KEY UPDATE`;

/** Replaces what is declared of locked datasets. Index: pk_address. */
export const DECLARE_DATASETS = `
  UPDATE address a
     SET address_type_id = r.address_type_id, database_name = r.database_name, schema_name = r.schema_name,
         table_name = r.table_name, primary_key = r.primary_key, address_metadata = r.address_metadata,
         input_hash = r.input_hash, updated_at = GREATEST(now(), a.created_at + interval '1 millisecond')
    FROM jsonb_to_recordset($1::jsonb) AS r (
           id bigint, address_type_id bigint, database_name text, schema_name text, table_name text, primary_key text,
           address_metadata jsonb, input_hash text)
   WHERE a.id = r.id AND a.input_hash <> r.input_hash`;

/**
 * Corrects the keys of names ($2) of locked datasets by their own keys ($1), which say what the names are. Index:
 * uq_address_key.
 */
export const SET_NAME_KEYS = `
  UPDATE address a
     SET name_key = r.name_key
    FROM unnest($1::bytea[], $2::text[]) AS r (key, name_key)
   WHERE a.key = r.key AND a.name_key <> r.name_key`;

/** The time of a change: always later than the creation. */
export const CHANGED_NOW = `GREATEST(now(), created_at + interval '1 millisecond')`;

/** What answers about lineage show of datasets. Indexes: pk_address, pk_address_type. */
export const DESCRIBE_DATASETS = prepared(`
  SELECT a.id, a.namespace, a.name,
         (SELECT t.name FROM address_type t WHERE t.id = a.address_type_id) AS "typeName",
         (SELECT t.group_name FROM address_type t WHERE t.id = a.address_type_id) AS "groupName"
    FROM address a
   WHERE a.id = ANY (ARRAY (SELECT unnest($1::bigint[])))`);

/** The metadata of datasets, unless it is longer than 4 kB. Index: pk_address. */
export const FIND_SHORT_METADATA = `
  SELECT a.id, CASE WHEN octet_length(a.address_metadata::text) <= 4096 THEN a.address_metadata END AS metadata
    FROM address a
   WHERE a.id = ANY ($1::bigint[])`;

/**
 * The datasets the keys of whose names match the pattern $1, those with the shortest names first, $2 of the first $3 that
 * are found. Index: ix_address_name_key_part.
 */
export const FIND_DATASETS_NAMED = `
  SELECT found.id, found.namespace, found.name, t.name AS "typeName", t.group_name AS "groupName"
    FROM (SELECT a.id, a.namespace, a.name, a.address_type_id
            FROM address a
           WHERE a.name_key LIKE $1::text
           LIMIT $3::int) AS found
    JOIN address_type t ON t.id = found.address_type_id
   ORDER BY length(found.name), found.name COLLATE "C", found.id
   LIMIT $2::int`;
