/** Nobody else adds a type or a pipeline until the transaction ends. */
export const LOCK_NAMES = `LOCK TABLE pipeline_type, pipeline IN SHARE ROW EXCLUSIVE MODE`;

/** Uses uq_pipeline_type_name. */
export const FIND_KNOWN_TYPES = `
  SELECT t.id, t.name, t.name_key AS key FROM pipeline_type t WHERE t.name_key = ANY ($1::text[])`;

/** Uses uq_pipeline_name. */
export const FIND_KNOWN_PIPELINES = `
  SELECT p.id, p.name_key AS key FROM pipeline p WHERE p.name_key = ANY ($1::text[])`;

/** The pipelines that earlier runs have imported. Uses pk_python_import_pipeline. */
export const FIND_MAPPED = `
  SELECT m.source_id AS "sourceId", m.pipeline_id AS "pipelineId"
    FROM python_import_pipeline m
   WHERE m.source = $1::text`;

export const INSERT_TYPES = `
  INSERT INTO pipeline_type (id, name, name_key, freshness_number, freshness_datepart, mute_freshness_check,
                             timeliness_number, timeliness_datepart, mute_timeliness_check, created_at, updated_at)
  SELECT coalesce(item.id, nextval(pg_get_serial_sequence('pipeline_type', 'id'))), item.name, item.key,
         item.freshness_number, item.freshness_datepart, item.mute_freshness_check, item.timeliness_number,
         item.timeliness_datepart, item.mute_timeliness_check, item.created_at, item.updated_at
    FROM jsonb_to_recordset($1::jsonb) AS item (
           id bigint, name text, key text, freshness_number int, freshness_datepart text, mute_freshness_check bool,
           timeliness_number int, timeliness_datepart text, mute_timeliness_check bool, created_at timestamptz,
           updated_at timestamptz)`;

export const INSERT_PIPELINES = `
  INSERT INTO pipeline (id, name, name_key, pipeline_type_id, next_watermark, pipeline_metadata, freshness_number,
                        freshness_datepart, mute_freshness_check, timeliness_number, timeliness_datepart,
                        mute_timeliness_check, load_lineage, active, config_hash, created_at, updated_at)
  SELECT coalesce(item.id, nextval(pg_get_serial_sequence('pipeline', 'id'))), item.name, item.key,
         item.pipeline_type_id, item.next_watermark, item.pipeline_metadata, item.freshness_number,
         item.freshness_datepart, item.mute_freshness_check, item.timeliness_number, item.timeliness_datepart,
         item.mute_timeliness_check, item.load_lineage, item.active, item.config_hash, item.created_at, item.updated_at
    FROM jsonb_to_recordset($1::jsonb) AS item (
           id bigint, name text, key text, pipeline_type_id bigint, next_watermark text, pipeline_metadata jsonb,
           freshness_number int, freshness_datepart text, mute_freshness_check bool, timeliness_number int,
           timeliness_datepart text, mute_timeliness_check bool, load_lineage bool, active bool, config_hash text,
           created_at timestamptz, updated_at timestamptz)`;

/** The beginning of the history of the pipelines with the keys $1, as a registration writes it. */
export const INSERT_CREATIONS = `
  INSERT INTO pipeline_change (pipeline_id, changed_at, changed_by, kind, after)
  SELECT p.id, p.created_at, 'import', 'created', item.after
    FROM unnest($1::text[], $2::jsonb[]) AS item (key, after)
    JOIN pipeline p ON p.name_key = item.key`;

/** Stores which pipelines of the source ($2) are which, by their keys ($3). */
export const INSERT_MAPPED = `
  INSERT INTO python_import_pipeline (source, source_id, pipeline_id)
  SELECT $1::text, item.source_id, p.id
    FROM unnest($2::bigint[], $3::text[]) AS item (source_id, key)
    JOIN pipeline p ON p.name_key = item.key
  RETURNING source_id AS "sourceId", pipeline_id AS "pipelineId"`;

/**
 * Brings the progress of pipelines up to that of the source, by the rules of the service: a later move of the watermark
 * wins, and the times of the last data only move forward, never past now. A next_watermark that equals the watermark
 * has been used up.
 */
export const MOVE_PROGRESS = `
  UPDATE pipeline p
     SET watermark = CASE WHEN item.moves THEN item.watermark ELSE p.watermark END,
         next_watermark = CASE WHEN item.moves THEN item.next_watermark ELSE p.next_watermark END,
         used_next_watermark = CASE WHEN NOT item.moves THEN p.used_next_watermark
                                    WHEN item.next_watermark = item.watermark THEN item.next_watermark END,
         watermark_start_date = CASE WHEN item.moves THEN item.moved_at ELSE p.watermark_start_date END,
         last_target_insert = greatest(p.last_target_insert, least(item.last_target_insert, now())),
         last_target_update = greatest(p.last_target_update, least(item.last_target_update, now())),
         last_target_soft_delete = greatest(p.last_target_soft_delete, least(item.last_target_soft_delete, now()))
    FROM (SELECT given.id, given.watermark, given.next_watermark, given.moved_at, given.last_target_insert,
                 given.last_target_update, given.last_target_soft_delete,
                 given.watermark IS NOT NULL AND given.moved_at > coalesce(known.watermark_start_date, '-infinity') AS moves
            FROM jsonb_to_recordset($1::jsonb) AS given (
                   id bigint, watermark text, next_watermark text, moved_at timestamp(3) with time zone,
                   last_target_insert timestamptz, last_target_update timestamptz, last_target_soft_delete timestamptz)
            JOIN pipeline known ON known.id = given.id) item
   WHERE p.id = item.id
     AND (item.moves OR item.last_target_insert IS NOT NULL OR item.last_target_update IS NOT NULL
          OR item.last_target_soft_delete IS NOT NULL)`;
