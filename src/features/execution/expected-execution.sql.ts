import { prepared } from '../../platform/database/prepared-statements.js';

/** Inserts expected executions as roots, each with the current configuration of its pipeline. */
export const INSERT_EXPECTED = `
  INSERT INTO pipeline_execution (id, root_id, pipeline_id, external_id, start_date, end_date, status,
                                  start_date_estimated, config_version, duration_seconds, date_recorded)
  SELECT item.id, item.id, item.pipeline_id, item.external_id, item.start_date, item.start_date, 'expected', true,
         item.config_version, 0, (item.start_date AT TIME ZONE 'UTC')::date
    FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::timestamptz[], $5::int[]) AS item (
           id, pipeline_id, external_id, start_date, config_version)`;

export const NOTE_EXPECTED = prepared(`
  INSERT INTO pipeline_execution_expected (execution_id) SELECT unnest($1::bigint[])`);

/** The number of expected executions, up to 100,000. */
export const COUNT_EXPECTED = `
  SELECT count(*) AS expected FROM (SELECT 1 FROM pipeline_execution_expected LIMIT 100000) AS found`;

/** Uses pk_pipeline_execution_expected. */
export const FORGET_EXPECTED = prepared(`
  DELETE FROM pipeline_execution_expected x WHERE x.execution_id = ANY (ARRAY (SELECT unnest($1::bigint[])))`);

/**
 * Turns expected executions into running ones. Skips those that another transaction has meanwhile started or ended;
 * their ids are not returned. Uses pk_pipeline_execution.
 */
export const FILL_EXPECTED = `
  UPDATE pipeline_execution e
     SET start_date = item.start_date, end_date = NULL, status = 'running', start_date_estimated = false,
         watermark = item.watermark, next_watermark = item.next_watermark,
         execution_metadata = coalesce(e.execution_metadata || item.execution_metadata, item.execution_metadata,
                                       e.execution_metadata),
         config_version = item.config_version, deadline = item.deadline, start_received_at = item.start_received_at,
         attempt = item.attempt, retry_of = item.retry_of, superseded = item.superseded, slow_at = item.slow_at,
         duration_seconds = NULL, throughput = NULL,
         date_recorded = (item.start_date AT TIME ZONE 'UTC')::date
    FROM unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::text[], $5::jsonb[], $6::int[], $7::timestamptz[],
                $8::timestamptz[], $9::smallint[], $10::bigint[], $11::bool[], $12::timestamptz[]) AS item (
           id, start_date, watermark, next_watermark, execution_metadata, config_version, deadline, start_received_at,
           attempt, retry_of, superseded, slow_at)
   WHERE e.id = item.id AND e.status = 'expected'
  RETURNING e.id`;

/**
 * Extends expected executions to span their children, one given for each, and returns their spans. It writes the row
 * even if the span is long enough, so that it conflicts with a concurrent transaction that shortens the execution
 * without seeing the child. Uses pk_pipeline_execution.
 */
export const STRETCH_EXPECTED = `
  UPDATE pipeline_execution e
     SET start_date = least(e.start_date, item.start_date), end_date = greatest(e.end_date, item.end_date),
         duration_seconds = extract(epoch FROM greatest(e.end_date, item.end_date)
                                               - least(e.start_date, item.start_date))::double precision,
         date_recorded = (least(e.start_date, item.start_date) AT TIME ZONE 'UTC')::date
    FROM unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[]) AS item (id, start_date, end_date)
   WHERE e.id = item.id AND e.status = 'expected'
  RETURNING e.parent_id AS "parentId", e.start_date AS "startDate", e.end_date AS "endDate"`;

/** Locks an expected execution before its children are read to shorten it. Uses pk_pipeline_execution. */
export const LOCK_EXPECTED = `
  UPDATE pipeline_execution e SET status = e.status WHERE e.id = $1::bigint AND e.status = 'expected'`;

/** Sets the span of an expected execution to that of its current children. Uses ix_pipeline_execution_parent_start. */
export const SHRINK_EXPECTED = `
  WITH span AS MATERIALIZED (
    SELECT min(child.start_date) AS start_date, max(coalesce(child.end_date, child.start_date)) AS end_date
      FROM pipeline_execution child
     WHERE child.parent_id = $1::bigint
  )
  UPDATE pipeline_execution e
     SET start_date = span.start_date, end_date = span.end_date,
         duration_seconds = extract(epoch FROM span.end_date - span.start_date)::double precision,
         date_recorded = (span.start_date AT TIME ZONE 'UTC')::date
    FROM span
   WHERE e.id = $1::bigint AND e.status = 'expected' AND span.start_date IS NOT NULL
  RETURNING e.parent_id AS "parentId"`;
