/** See `watcher_pipeline_days`. */
export const FIND_PIPELINE_DAYS = `
  SELECT d.pipeline_id AS "pipelineId", d.day::text AS day, d.executions, d.succeeded, d.failed, d.aborted, d.skipped,
         d.lost, d.total_rows::double precision AS "totalRows", d.inserts::double precision AS inserts,
         d.updates::double precision AS updates, d.soft_deletes::double precision AS "softDeletes",
         d.seconds::double precision AS seconds, d.max_seconds::double precision AS "maxSeconds"
    FROM watcher_pipeline_days($1::bigint, $2::date, $3::date, $4::int) d`;

/**
 * The days of pipelines ($1, null: of all) from $2 to $3 with their names, newest first and by name, $4 of them after the
 * first $5; and how many there are in all. See `watcher_days_between`; names by pk_pipeline.
 */
export const REPORT_DAYS = `
  WITH day AS MATERIALIZED (
    SELECT d.day, d.pipeline_id, p.name COLLATE "C" AS name, t.name AS type_name, d.executions, d.failed, d.total_rows, d.inserts, d.updates,
           d.soft_deletes, d.seconds
      FROM watcher_days_between($1::bigint[], $2::date, $3::date) d
      JOIN pipeline p ON p.id = d.pipeline_id
      JOIN pipeline_type t ON t.id = p.pipeline_type_id
  ), page AS MATERIALIZED (
    SELECT day.day, day.pipeline_id, day.name, day.type_name, day.executions, day.failed, day.total_rows, day.inserts,
           day.updates, day.soft_deletes, day.seconds
      FROM day
     ORDER BY day.day DESC, day.name, day.pipeline_id
     LIMIT $4::int OFFSET $5::bigint
  )
  SELECT counted.total, page.day::text AS day, page.name AS "pipelineName", page.type_name AS "pipelineTypeName",
         page.executions, page.failed, page.total_rows::double precision AS "totalRows",
         page.inserts::double precision AS inserts, page.updates::double precision AS updates,
         page.soft_deletes::double precision AS "softDeletes", page.seconds::double precision AS seconds
    FROM (SELECT count(*) AS total FROM day) counted
    LEFT JOIN page ON true
   ORDER BY page.day DESC, page.name, page.pipeline_id`;

/**
 * The days of pipelines ($1, null: of all) from $2 to $3, newest first and by pipeline, after the pipeline $4 of the day
 * $3; $5 of them. See `watcher_days_between`; names by pk_pipeline.
 */
export const LIST_DAYS = `
  SELECT d.pipeline_id AS "pipelineId", p.name AS "pipelineName", p.namespace, t.name AS "pipelineTypeName",
         d.day::text AS day, d.executions, d.succeeded, d.failed, d.aborted, d.skipped, d.lost,
         d.total_rows::double precision AS "totalRows", d.inserts::double precision AS inserts,
         d.updates::double precision AS updates, d.soft_deletes::double precision AS "softDeletes",
         d.seconds::double precision AS seconds, d.max_seconds::double precision AS "maxSeconds"
    FROM watcher_days_between($1::bigint[], $2::date, $3::date) d
    JOIN pipeline p ON p.id = d.pipeline_id
    JOIN pipeline_type t ON t.id = p.pipeline_type_id
   WHERE d.day < $3::date OR d.pipeline_id > $4::bigint
   ORDER BY d.day DESC, d.pipeline_id
   LIMIT $5::int`;

/** The pipelines with this key of a name, in any namespace. Uses ix_pipeline_search_name. */
export const FIND_IDS_OF_NAME = `
  SELECT s.pipeline_id AS id FROM pipeline_search s WHERE s.name = $1::text`;

/** The names of pipelines, each once, at most $1. */
export const LIST_NAMES = `
  SELECT DISTINCT p.name COLLATE "C" AS name FROM pipeline p WHERE NOT p.archived ORDER BY name LIMIT $1::int`;

/** The names of the pipelines $2, each once, at most $1. Uses pk_pipeline. */
export const LIST_NAMES_OF = `
  SELECT DISTINCT p.name COLLATE "C" AS name
    FROM pipeline p
   WHERE p.id = ANY ($2::bigint[]) AND NOT p.archived
   ORDER BY name
   LIMIT $1::int`;

/** The names of types, at most $1. */
export const LIST_TYPE_NAMES = `
  SELECT t.name FROM pipeline_type t ORDER BY t.name COLLATE "C" LIMIT $1::int`;
