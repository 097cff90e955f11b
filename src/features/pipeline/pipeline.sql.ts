import { prepared } from '../../platform/database/prepared-statements.js';
import { PIPELINE_PAIR_COLUMNS, TYPE_PAIR_COLUMNS } from './threshold-pairs.js';

/** The pipelines with these keys, and the names of their types. Indexes: uq_pipeline_name, pk_pipeline_type. */
export const FIND_FOR_REGISTRATION = prepared(`
  SELECT p.id, p.name, p.name_key AS key, p.active, p.load_lineage AS "loadLineage", p.watermark,
         p.next_watermark AS "nextWatermark",
         coalesce(p.next_watermark = p.used_next_watermark, false) AS "isNextUsed", p.config_hash AS "configHash",
         (SELECT t.name FROM pipeline_type t WHERE t.id = p.pipeline_type_id) AS "typeName"
    FROM pipeline p
   WHERE p.name_key = ANY (ARRAY (SELECT unnest($1::text[])))`);

/** The names of pipelines by id. Index: pk_pipeline. */
export const FIND_NAMES = prepared(`
  SELECT p.id, p.name FROM pipeline p WHERE p.id = ANY (ARRAY (SELECT unnest($1::bigint[])))`);

/** Whether pipelines ask for their lineage. Index: pk_pipeline. */
export const FIND_LOAD_LINEAGE = prepared(`
  SELECT p.load_lineage AS "loadLineage" FROM pipeline p WHERE p.id = $1::bigint`);

/** The pipelines of a type. Indexes: uq_pipeline_type_name, ix_pipeline_pipeline_type. */
export const FIND_IDS_OF_TYPE = `
  SELECT p.id
    FROM pipeline p
   WHERE p.pipeline_type_id = (SELECT t.id FROM pipeline_type t WHERE t.name_key = $1::text)
   ORDER BY p.id`;

/** The ids of the pipelines with these keys; no row for an unknown one. Index: uq_pipeline_name. */
export const FIND_IDS_BY_KEY = prepared(`
  SELECT p.name_key AS key, p.id
    FROM pipeline p
   WHERE p.name_key = ANY (ARRAY (SELECT unnest($1::text[])))`);

/**
 * The pipelines with these ids or keys, and whether an execution that starts now inherits a `next_watermark`.
 * Indexes: pk_pipeline, uq_pipeline_name.
 */
export const OUTLINE_PIPELINES = prepared(`
  SELECT p.id, p.name_key AS key,
         p.next_watermark IS NOT NULL AND p.next_watermark IS DISTINCT FROM p.used_next_watermark AS "hasNextWatermark"
    FROM pipeline p
   WHERE p.id = ANY (ARRAY (SELECT unnest($1::bigint[]))) OR p.name_key = ANY (ARRAY (SELECT unnest($2::text[])))`);

/** The names and types of pipelines by id. Indexes: pk_pipeline, pk_pipeline_type. */
export const DESCRIBE_PIPELINES = `
  SELECT p.id, p.name, p.pipeline_type_id, t.name AS pipeline_type_name
    FROM pipeline p
    JOIN pipeline_type t ON t.id = p.pipeline_type_id
   WHERE p.id = ANY ($1::bigint[])`;

/** The time of a change: always later than the creation, even within the same millisecond. */
export const CHANGED_NOW = `GREATEST(now(), created_at + interval '1 millisecond')`;

/** Returns no row if the name is taken; a second statement then reads the existing row. */
export const INSERT_PIPELINE = `
  INSERT INTO pipeline (namespace, name, pipeline_type_id, pipeline_metadata, next_watermark, config_hash, name_key, active,
                        mute_freshness_check, mute_timeliness_check, mute_schedule_check, mute_anomaly_check,
                        ${PIPELINE_PAIR_COLUMNS.names}, schedule, schedule_timezone, next_expected_at)
  SELECT $12::text, $1::text, $2::bigint, $3::jsonb, $4::text, $5::text, $7::text, $8::bool, $9::bool, $10::bool,
         $11::bool, $13::bool, declared.*
    FROM jsonb_to_record($6::jsonb) AS declared (
           ${PIPELINE_PAIR_COLUMNS.typed}, schedule text, schedule_timezone text, next_expected_at timestamptz)
  ON CONFLICT (name_key) DO NOTHING
  RETURNING id, active, load_lineage AS "loadLineage", watermark`;

/** Writes only if the row changes. Index: pk_pipeline. */
export const SET_NEXT_WATERMARK = prepared(`
  UPDATE pipeline SET next_watermark = $2::text, used_next_watermark = NULL
   WHERE id = $1::bigint AND (next_watermark IS DISTINCT FROM $2::text OR used_next_watermark = $2::text)`);

/** Returns no row if the name is taken. Index: uq_pipeline_type_name. */
export const INSERT_PIPELINE_TYPE = `
  INSERT INTO pipeline_type (name, mute_freshness_check, mute_timeliness_check, name_key, mute_anomaly_check,
                             ${TYPE_PAIR_COLUMNS.names})
  SELECT $1::text, $2::bool, $3::bool, $5::text, $6::bool, pairs.*
    FROM jsonb_to_record($4::jsonb) AS pairs (${TYPE_PAIR_COLUMNS.typed})
  ON CONFLICT (name_key) DO NOTHING
  RETURNING id`;

/** Whether the watermark moves: not if a later execution or a later change by hand has already moved it. */
const MOVES = `item.watermark_start_date >= coalesce(p.watermark_start_date, '-infinity')`;

/**
 * The changes by successful runs: the watermark follows the order of the runs, `last_target_*` only move forward, and
 * lineage counts as loaded.
 */
const PROGRESS = `
     SET watermark = CASE WHEN ${MOVES} THEN item.next_watermark ELSE p.watermark END,
         used_next_watermark = CASE WHEN ${MOVES} THEN p.next_watermark ELSE p.used_next_watermark END,
         load_lineage = false,
         watermark_start_date = GREATEST(p.watermark_start_date, item.watermark_start_date),
         last_target_insert = GREATEST(p.last_target_insert, item.last_target_insert),
         last_target_update = GREATEST(p.last_target_update, item.last_target_update),
         last_target_soft_delete = GREATEST(p.last_target_soft_delete, item.last_target_soft_delete)`;

const PROGRESS_ITEM = `
    jsonb_to_recordset($1::jsonb) AS item (
      pipeline_id bigint, moves bool, watermark_start_date timestamptz, next_watermark text,
      last_target_insert timestamptz, last_target_update timestamptz, last_target_soft_delete timestamptz)`;

/** For the single pipeline $2; writes only if the row changes. Index: pk_pipeline. */
export const RECORD_PROGRESS_OF_ONE = prepared(`
  UPDATE pipeline p ${PROGRESS}
    FROM ${PROGRESS_ITEM}
   WHERE p.id = $2::bigint AND p.id = item.pipeline_id AND (item.moves OR p.load_lineage)`);

/**
 * For several pipelines with the ids $2. Those in $3 are always written, the others only if `load_lineage` is set.
 * Locks rows in the order of their ids, so that two batches cannot deadlock. Index: pk_pipeline.
 */
export const RECORD_PROGRESS = prepared(`
  WITH locked AS MATERIALIZED (
    SELECT p.id
      FROM pipeline p
     WHERE p.id = ANY ($2::bigint[]) AND (p.load_lineage OR p.id = ANY ($3::bigint[]))
     ORDER BY p.id
       FOR NO KEY UPDATE
  )
  UPDATE pipeline p ${PROGRESS}
    FROM locked
    JOIN ${PROGRESS_ITEM} ON item.pipeline_id = locked.id
   WHERE p.id = locked.id`);

/** The newest changes of a watermark by PATCH before the change $2. Index: ix_pipeline_change_watermark. */
export const FIND_WATERMARK_PATCHES = `
  SELECT c.id, c.changed_at AS at, c.changed_by AS "by", c.after ->> 'watermark' AS watermark
    FROM pipeline_change c
   WHERE c.pipeline_id = $1::bigint AND c.id < $2::bigint AND c.kind = 'patch' AND c.after ? 'watermark'
   ORDER BY c.id DESC
   LIMIT $3::int`;

/** The last change of each watermark by PATCH: its time and the value. Index: ix_pipeline_change_watermark. */
export const LAST_WATERMARK_PATCHES = `
  SELECT p.id AS "pipelineId", c.changed_at AS at, c.after ->> 'watermark' AS watermark
    FROM unnest($1::bigint[]) AS p (id)
   CROSS JOIN LATERAL (SELECT c.changed_at, c.after
                         FROM pipeline_change c
                        WHERE c.pipeline_id = p.id AND c.kind = 'patch' AND c.after ? 'watermark'
                        ORDER BY c.id DESC
                        LIMIT 1) c`;

/**
 * The successes $1 of the pipelines $2, of which the greatest `next_watermark` sets the watermark, among those that
 * started after the last change by PATCH; it never moves back. Locks rows in the order of their ids. Indexes:
 * pk_pipeline, ix_pipeline_change_watermark.
 */
export const RECORD_GREATEST = prepared(`
  WITH item AS MATERIALIZED (
    SELECT item.*
      FROM jsonb_to_recordset($1::jsonb) AS item (
             pipeline_id bigint, start_date timestamptz, next_watermark text, loaded_at timestamptz)
  ), locked AS MATERIALIZED (
    SELECT p.id, coalesce((SELECT max(c.changed_at)
                             FROM pipeline_change c
                            WHERE c.pipeline_id = p.id AND c.kind = 'patch' AND c.after ? 'watermark'),
                          '-infinity') AS patched_at
      FROM pipeline p
     WHERE p.id = ANY ($2::bigint[])
     ORDER BY p.id
       FOR NO KEY UPDATE
  ), best AS MATERIALIZED (
    SELECT DISTINCT ON (item.pipeline_id) item.pipeline_id, item.next_watermark, item.start_date
      FROM item
      JOIN locked ON locked.id = item.pipeline_id
     WHERE item.next_watermark IS NOT NULL AND item.start_date > locked.patched_at
     ORDER BY item.pipeline_id, item.next_watermark COLLATE "C" DESC, item.start_date DESC
  ), loaded AS MATERIALIZED (
    SELECT item.pipeline_id, max(CASE WHEN item.loaded_at > now() THEN now() ELSE item.loaded_at END) AS at
      FROM item
     GROUP BY item.pipeline_id
  ), progress AS MATERIALIZED (
    SELECT p.id, loaded.at, best.next_watermark, best.start_date,
           best.next_watermark IS NOT NULL
             AND (coalesce(p.watermark_start_date, '-infinity') <= locked.patched_at OR p.watermark IS NULL
                  OR best.next_watermark COLLATE "C" > p.watermark
                  OR (best.next_watermark = p.watermark AND best.start_date > p.watermark_start_date)) AS moves
      FROM locked
      JOIN pipeline p ON p.id = locked.id
      JOIN loaded ON loaded.pipeline_id = locked.id
      LEFT JOIN best ON best.pipeline_id = locked.id
  )
  UPDATE pipeline p
     SET watermark = CASE WHEN progress.moves THEN progress.next_watermark ELSE p.watermark END,
         watermark_start_date = CASE WHEN progress.moves THEN progress.start_date ELSE p.watermark_start_date END,
         used_next_watermark = CASE WHEN progress.moves THEN p.next_watermark ELSE p.used_next_watermark END,
         last_target_insert = GREATEST(p.last_target_insert, progress.at),
         load_lineage = false
    FROM progress
   WHERE p.id = progress.id
     AND (progress.moves OR p.load_lineage OR progress.at > coalesce(p.last_target_insert, '-infinity'))`);

/** What is left of the progress of pipelines after successes were withdrawn. Index: pk_pipeline. */
export const REPLACE_PROGRESS = `
  WITH locked AS MATERIALIZED (
    SELECT p.id FROM pipeline p WHERE p.id = ANY ($2::bigint[]) ORDER BY p.id FOR NO KEY UPDATE
  )
  UPDATE pipeline p
     SET watermark = item.watermark, watermark_start_date = item.watermark_start_date,
         last_target_insert = CASE WHEN p.last_target_insert = ANY (item.withdrawn) THEN item.loaded_at
                                   ELSE p.last_target_insert END
    FROM locked
    JOIN jsonb_to_recordset($1::jsonb) AS item (
           pipeline_id bigint, watermark text, watermark_start_date timestamptz, withdrawn timestamptz[],
           loaded_at timestamptz) ON item.pipeline_id = locked.id
   WHERE p.id = locked.id`;

/** Deletes what other modules keep about the pipeline $1, which has no execution. See `watcher_forget_pipeline`. */
export const FORGET_PIPELINE = `SELECT watcher_forget_pipeline($1::bigint)`;
