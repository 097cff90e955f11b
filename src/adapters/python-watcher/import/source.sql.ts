/** The statements about the older service's database. They only read. */

/** Moments as text in UTC, whether a column has a time zone or not. */
export const SET_UP_SOURCE = `SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET default_transaction_read_only = on`;

/** What tells this database from another one, also under another address: its first type, which is never deleted. */
export const FIND_SOURCE = `
  SELECT t.name || ' ' || t.created_at AS source FROM pipeline_type t ORDER BY t.id LIMIT 1`;

export const FIND_TYPES = `
  SELECT t.id, t.name, t.freshness_number, lower(t.freshness_datepart::text) AS freshness_datepart,
         coalesce(t.mute_freshness_check, false) AS mute_freshness_check, t.timeliness_number,
         lower(t.timeliness_datepart::text) AS timeliness_datepart,
         coalesce(t.mute_timeliness_check, false) AS mute_timeliness_check, t.created_at::text AS created_at,
         coalesce(t.updated_at, t.created_at)::text AS updated_at
    FROM pipeline_type t
   ORDER BY t.id`;

/** With the start of the last run that moved the watermark. */
export const FIND_PIPELINES = `
  SELECT p.id, p.name, p.pipeline_type_id, p.watermark, p.next_watermark, p.pipeline_metadata,
         p.last_target_insert::text AS last_target_insert, p.last_target_update::text AS last_target_update,
         p.last_target_soft_delete::text AS last_target_soft_delete, p.freshness_number,
         lower(p.freshness_datepart::text) AS freshness_datepart,
         coalesce(p.mute_freshness_check, false) AS mute_freshness_check, p.timeliness_number,
         lower(p.timeliness_datepart::text) AS timeliness_datepart,
         coalesce(p.mute_timeliness_check, false) AS mute_timeliness_check,
         coalesce(p.load_lineage, true) AS load_lineage, coalesce(p.active, true) AS active,
         p.created_at::text AS created_at, coalesce(p.updated_at, p.created_at)::text AS updated_at,
         moved.start_date::text AS moved_at
    FROM pipeline p
    LEFT JOIN (SELECT e.pipeline_id, max(e.start_date) AS start_date
                 FROM pipeline_execution e
                WHERE e.completed_successfully AND e.next_watermark IS NOT NULL
                GROUP BY e.pipeline_id) moved ON moved.pipeline_id = p.id
   ORDER BY p.id`;

export const LAST_EXECUTION = `SELECT coalesce(max(e.id), 0)::bigint AS id FROM pipeline_execution e`;

export const COUNT_EXECUTIONS = `
  SELECT count(*) AS executions FROM pipeline_execution e WHERE e.id > $1::bigint AND e.id <= $2::bigint`;

/** What an import would refuse or change. */
export const JUDGE_EXECUTIONS = `
  SELECT count(*) AS executions, count(*) FILTER (WHERE e.start_date IS NULL) AS "withoutStart",
         count(*) FILTER (WHERE p.id IS NULL) AS "ofUnknownPipeline",
         count(*) FILTER (WHERE e.parent_id IS NOT NULL AND (parent.id IS NULL OR parent.start_date IS NULL OR e.parent_id >= e.id))
           AS "withoutParent"
    FROM pipeline_execution e
    LEFT JOIN pipeline p ON p.id = e.pipeline_id
    LEFT JOIN pipeline_execution parent ON parent.id = e.parent_id`;

/** Executions by id; metadata as text, so that no digit of a number is lost. */
const EXECUTION = `
         e.id, e.parent_id, e.pipeline_id, e.start_date::text AS start_date, e.end_date::text AS end_date,
         e.duration_seconds, e.completed_successfully, e.inserts, e.updates, e.soft_deletes, e.total_rows, e.watermark,
         e.next_watermark, e.execution_metadata::text AS execution_metadata
    FROM pipeline_execution e`;

export const FIND_EXECUTIONS = `
  SELECT ${EXECUTION}
   WHERE e.id > $1::bigint AND e.id <= $2::bigint
   ORDER BY e.id
   LIMIT $3::int`;

export const FIND_ENDED = `
  SELECT ${EXECUTION}
   WHERE e.id = ANY ($1::bigint[]) AND (e.end_date IS NOT NULL OR e.completed_successfully IS NOT NULL)
   ORDER BY e.id`;

/** Rows of the lineage and the rules by id. Names of columns are those of the older tables. */
export const FIND_ADDRESS_TYPES = `
  SELECT t.id, t.name, t.group_name, t.created_at::text AS created_at,
         coalesce(t.updated_at, t.created_at)::text AS updated_at
    FROM address_type t
   WHERE t.id > $1::bigint
   ORDER BY t.id
   LIMIT $2::int`;

export const FIND_ADDRESSES = `
  SELECT a.id, a.name, t.name AS type_name, a.database_name, a.schema_name, a.table_name, a.primary_key,
         a.address_metadata::text AS address_metadata, a.created_at::text AS created_at,
         coalesce(a.updated_at, a.created_at)::text AS updated_at
    FROM address a
    LEFT JOIN address_type t ON t.id = a.address_type_id
   WHERE a.id > $1::bigint
   ORDER BY a.id
   LIMIT $2::int`;

/** An edge has no date: the day since which both its addresses exist is the first that it can have been seen. */
export const FIND_EDGES = `
  SELECT l.id, l.pipeline_id, l.source_address_id, l.target_address_id, s.name AS source_name, t.name AS target_name,
         (coalesce(greatest(s.created_at, t.created_at), now()) AT TIME ZONE 'UTC')::date::text AS first_seen
    FROM address_lineage l
    LEFT JOIN address s ON s.id = l.source_address_id
    LEFT JOIN address t ON t.id = l.target_address_id
   WHERE l.id > $1::bigint
   ORDER BY l.id
   LIMIT $2::int`;

export const FIND_RULES = `
  SELECT r.id, r.pipeline_id, lower(r.metric_field::text) AS metric_field, r.z_threshold::double precision AS z_threshold,
         r.lookback_days, r.minimum_executions, coalesce(r.active, true) AS active, r.created_at::text AS created_at,
         r.updated_at::text AS updated_at
    FROM anomaly_detection_rule r
   WHERE r.id > $1::bigint
   ORDER BY r.id
   LIMIT $2::int`;

/** The numbers of rows. */
export const COUNT_ROWS = `
  SELECT (SELECT count(*) FROM address_type) AS "addressTypes", (SELECT count(*) FROM address) AS addresses,
         (SELECT count(*) FROM address_lineage) AS edges, (SELECT count(*) FROM anomaly_detection_rule) AS rules`;
