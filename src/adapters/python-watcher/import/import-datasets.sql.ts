/** Nobody else adds types, or datasets, until the transaction ends. */
export const LOCK_TYPES = `LOCK TABLE address_type IN SHARE ROW EXCLUSIVE MODE`;
export const LOCK_DATASETS = `LOCK TABLE address IN SHARE ROW EXCLUSIVE MODE`;

/** Which of these keys are known. Uses uq_address_type_name. */
export const FIND_TYPE_KEYS = `SELECT t.name_key AS key FROM address_type t WHERE t.name_key = ANY ($1::text[])`;

/** The same by the keys of datasets (hex). Uses uq_address_key. */
export const FIND_DATASET_KEYS = `
  SELECT encode(a.key, 'hex') AS key
    FROM address a
   WHERE a.key = ANY (ARRAY(SELECT decode(wanted.key, 'hex') FROM unnest($1::text[]) AS wanted (key)))`;

export const INSERT_TYPES = `
  INSERT INTO address_type (id, name, name_key, group_name, created_at, updated_at)
  SELECT coalesce(item.id, nextval(pg_get_serial_sequence('address_type', 'id'))), item.name, item.key, item.group_name,
         item.created_at, item.updated_at
    FROM jsonb_to_recordset($1::jsonb) AS item (
           id bigint, name text, key text, group_name text, created_at timestamptz, updated_at timestamptz)`;

export const INSERT_DATASETS = `
  INSERT INTO address (id, name, name_key, key, address_type_id, database_name, schema_name, table_name, primary_key,
                       address_metadata, input_hash, created_at, updated_at)
  SELECT coalesce(item.id, nextval(pg_get_serial_sequence('address', 'id'))), item.name, item.name_key, decode(item.key, 'hex'), t.id,
         item.database_name, item.schema_name, item.table_name, item.primary_key, item.address_metadata::jsonb,
         item.input_hash, item.created_at, item.updated_at
    FROM jsonb_to_recordset($1::jsonb) AS item (
           id bigint, name text, name_key text, key text, type_key text, database_name text, schema_name text, table_name text,
           primary_key text, address_metadata text, input_hash text, created_at timestamptz, updated_at timestamptz)
    JOIN address_type t ON t.name_key = item.type_key`;
