/**
 * The pipeline of a name with the stored name of the type that the caller speaks of, in one look.
 * $1 and $2 are name keys; by uq_pipeline_name and uq_pipeline_type_name.
 */
export const FIND_FOR_REGISTRATION = `
  SELECT p.id, p.name, p.active, p.load_lineage, p.watermark, p.next_watermark, p.config_hash, t.name AS given_type_name
    FROM pipeline p
    LEFT JOIN pipeline_type t ON t.name_key = $2::text
   WHERE p.name_key = $1::text`;

/** No row comes back when somebody else has the name: then theirs is read in a second statement. */
export const INSERT_PIPELINE = `
  INSERT INTO pipeline (name, pipeline_type_id, pipeline_metadata, next_watermark, freshness_number, freshness_datepart,
                        timeliness_number, timeliness_datepart, config_hash, name_key)
  VALUES ($1::text, $2::bigint, $3::jsonb, $4::text, $5::int, $6::text, $7::int, $8::text, $9::text, $10::text)
  ON CONFLICT (name_key) DO NOTHING
  RETURNING id, active, load_lineage, watermark`;

/** Writes only where something changes; by pk_pipeline. */
export const SET_NEXT_WATERMARK = `
  UPDATE pipeline SET next_watermark = $2::text
   WHERE id = $1::bigint AND next_watermark IS DISTINCT FROM $2::text`;

/** By uq_pipeline_type_name; no row comes back when somebody else has the name. */
export const INSERT_PIPELINE_TYPE = `
  INSERT INTO pipeline_type (name, freshness_number, freshness_datepart, mute_freshness_check,
                             timeliness_number, timeliness_datepart, mute_timeliness_check, name_key)
  VALUES ($1::text, $2::int, $3::text, $4::bool, $5::int, $6::text, $7::bool, $8::text)
  ON CONFLICT (name_key) DO NOTHING
  RETURNING id`;

/** Locks pipelines in the order of their ids, so that two batches can't wait for each other; by pk_pipeline. */
export const LOCK_PIPELINES = `
  SELECT p.id FROM pipeline p WHERE p.id = ANY ($1::bigint[]) ORDER BY p.id FOR NO KEY UPDATE`;

/**
 * Moves pipelines on after successful loads: the watermark unless an execution that started later
 * has moved it, the last changes of the target forward only. By pk_pipeline.
 */
export const RECORD_PROGRESS = `
  UPDATE pipeline p
     SET watermark = CASE WHEN item.watermark_start_date >= coalesce(p.watermark_start_date, '-infinity')
                          THEN item.next_watermark ELSE p.watermark END,
         watermark_start_date = GREATEST(p.watermark_start_date, item.watermark_start_date),
         last_target_insert = GREATEST(p.last_target_insert, item.last_target_insert),
         last_target_update = GREATEST(p.last_target_update, item.last_target_update),
         last_target_soft_delete = GREATEST(p.last_target_soft_delete, item.last_target_soft_delete)
    FROM jsonb_to_recordset($1::jsonb) AS item (
           pipeline_id bigint, watermark_start_date timestamptz, next_watermark text,
           last_target_insert timestamptz, last_target_update timestamptz, last_target_soft_delete timestamptz)
   WHERE p.id = item.pipeline_id`;
