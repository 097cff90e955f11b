import { prepared } from '../../../platform/database/prepared-statements.js';

/** The state of executions, as a list of records. */
const RECORD = `
  jsonb_to_recordset($1::jsonb) AS item (
    id bigint, parent_id bigint, root_id bigint, pipeline_id bigint, external_id text, start_date timestamptz,
    start_date_estimated bool, end_date timestamptz, status text, completed_successfully bool, total_rows bigint,
    inserts bigint, watermark text, next_watermark text, execution_metadata jsonb, without_metadata text, error_message text, keeps_error bool,
    keeps_lost bool, attempt smallint, deadline timestamptz, slow_at timestamptz,
    endless bool, config_version int, duration_seconds double precision, throughput double precision)`;

/** Inserts executions with assigned ids, whatever their status. */
export const INSERT_RECORDS = prepared(`
  INSERT INTO pipeline_execution (id, parent_id, root_id, pipeline_id, external_id, start_date, start_date_estimated,
                                  end_date, status, completed_successfully, total_rows, inserts, watermark,
                                  next_watermark, execution_metadata, error_message, attempt, deadline, slow_at,
                                  endless, config_version, duration_seconds, throughput, date_recorded)
  SELECT item.id, item.parent_id, item.root_id, item.pipeline_id, item.external_id, item.start_date,
         item.start_date_estimated, item.end_date, item.status, item.completed_successfully, item.total_rows,
         item.inserts, item.watermark, item.next_watermark, item.execution_metadata, item.error_message, item.attempt,
         item.deadline, item.slow_at, item.endless, item.config_version, item.duration_seconds, item.throughput, (item.start_date AT TIME ZONE 'UTC')::date
    FROM ${RECORD}`);

/**
 * Replaces the state of executions; their metadata is merged. One that was found lost stays so where its record says
 * that nothing new was heard. The items are ordered by id, so that this and a batch of ends rarely wait for each other.
 * Uses pk_pipeline_execution.
 */
export const UPDATE_RECORDS = prepared(`
  UPDATE pipeline_execution e
     SET pipeline_id = item.pipeline_id, start_date = item.start_date,
         start_date_estimated = item.start_date_estimated,
         end_date = CASE WHEN item.keeps_lost AND e.status = 'lost' THEN greatest(e.end_date, item.start_date)
                         ELSE item.end_date END,
         status = CASE WHEN item.keeps_lost AND e.status = 'lost' THEN e.status ELSE item.status END,
         completed_successfully = item.completed_successfully, total_rows = item.total_rows, inserts = item.inserts,
         watermark = item.watermark, next_watermark = item.next_watermark,
         execution_metadata = CASE WHEN item.without_metadata IS NOT NULL
                                   THEN nullif(e.execution_metadata - item.without_metadata, '{}')
                                   ELSE coalesce(e.execution_metadata || item.execution_metadata,
                                                 item.execution_metadata, e.execution_metadata) END,
         error_message = CASE WHEN item.keeps_error THEN e.error_message ELSE item.error_message END,
         attempt = item.attempt,
         deadline = item.deadline, slow_at = item.slow_at, endless = item.endless, config_version = item.config_version, duration_seconds = item.duration_seconds,
         throughput = item.throughput, date_recorded = (item.start_date AT TIME ZONE 'UTC')::date
    FROM ${RECORD}
   WHERE e.id = ANY (ARRAY (SELECT unnest($2::bigint[]))) AND e.id = item.id
  RETURNING e.id, e.root_id AS "rootId", e.parent_id AS "parentId", e.superseded`);

/** Uses pk_pipeline_execution. */
export const LOST_AMONG = prepared(`
  SELECT e.id
    FROM pipeline_execution e
   WHERE e.id = ANY (ARRAY (SELECT unnest($1::bigint[]))) AND e.status = 'lost'`);

/** The newest executions of a pipeline, by start. Uses ix_pipeline_execution_pipeline_start. */
export const NEWEST = `
  SELECT e.id
    FROM pipeline_execution e
   WHERE e.pipeline_id = $1::bigint
   ORDER BY e.start_date DESC, e.id DESC
   LIMIT $2::int`;

/** The latest successes of a pipeline, by end. Uses ix_pipeline_execution_pipeline_succeeded_end. */
export const LATEST_SUCCESSES = `
  SELECT e.id, e.end_date AS "endDate", e.inserts
    FROM pipeline_execution e
   WHERE e.pipeline_id = $1::bigint AND e.completed_successfully = true
   ORDER BY e.end_date DESC
   LIMIT $2::int`;

/**
 * The greatest `next_watermark` of the successes of a pipeline that started after a moment. Reads them all, by
 * ix_pipeline_execution_pipeline_succeeded.
 */
export const GREATEST_WATERMARK = `
  SELECT e.next_watermark AS "nextWatermark", e.start_date AS "startDate"
    FROM pipeline_execution e
   WHERE e.pipeline_id = $1::bigint AND e.completed_successfully = true AND e.next_watermark IS NOT NULL
     AND e.start_date > coalesce($2::timestamptz, '-infinity')
   ORDER BY e.next_watermark COLLATE "C" DESC, e.start_date DESC
   LIMIT 1`;

/** Marks executions as superseded or not; returns those that change. Uses pk_pipeline_execution. */
export const SET_SUPERSEDED = prepared(`
  UPDATE pipeline_execution e
     SET superseded = item.superseded
    FROM unnest($1::bigint[], $2::bool[]) AS item (id, superseded)
   WHERE e.id = ANY (ARRAY (SELECT unnest($1::bigint[]))) AND e.id = item.id AND e.superseded <> item.superseded
  RETURNING e.id, e.root_id AS "rootId"`);

/**
 * Sets the spans of expected executions to those of their children; $2 is a moment at which they were heard of, if they
 * were: it may be the earlier start. Without either, both ends are $3. A child that is expected and has nothing below
 * it does not count: nobody may claim it any more. Returns the parents of those that change, or that may count anew.
 * Uses ix_pipeline_execution_parent_start and pk_pipeline_execution.
 */
export const SPAN_EXPECTED = prepared(`
  WITH below AS MATERIALIZED (
    SELECT c.id, c.parent_id, c.status, c.start_date, coalesce(c.end_date, c.start_date) AS end_date
      FROM pipeline_execution c
     WHERE c.parent_id = ANY (ARRAY (SELECT unnest($1::bigint[])))
  ), spanning AS MATERIALIZED (
    SELECT DISTINCT c.parent_id AS id
      FROM pipeline_execution c
     WHERE c.parent_id = ANY (ARRAY (SELECT below.id FROM below WHERE below.status = 'expected'))
  ), child AS MATERIALIZED (
    SELECT below.parent_id AS id, count(*) AS number, min(below.start_date) AS first, max(below.end_date) AS last
      FROM below
     WHERE below.status IS DISTINCT FROM 'expected' OR below.id IN (SELECT spanning.id FROM spanning)
     GROUP BY below.parent_id
  ), span AS MATERIALIZED (
    SELECT item.id, coalesce(least(child.first, item.own), item.fallback) AS start_date,
           coalesce(child.last, item.own, item.fallback) AS end_date, coalesce(child.number, 0) AS number
      FROM unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[]) AS item (id, own, fallback)
      LEFT JOIN child ON child.id = item.id
  )
  UPDATE pipeline_execution e
     SET start_date = span.start_date, end_date = span.end_date,
         duration_seconds = extract(epoch FROM span.end_date - span.start_date)::double precision,
         date_recorded = (span.start_date AT TIME ZONE 'UTC')::date
    FROM span
   WHERE e.id = ANY (ARRAY (SELECT unnest($1::bigint[]))) AND e.id = span.id AND e.status = 'expected' AND span.start_date IS NOT NULL
     AND (span.number < 2 OR (e.start_date, e.end_date) IS DISTINCT FROM (span.start_date, span.end_date))
  RETURNING e.id, e.root_id AS "rootId", e.parent_id AS "parentId"`);
