/**
 * The next $4 executions of a pipeline before the start $2 and the id $3, newest first, without those that are expected.
 * Uses ix_pipeline_execution_pipeline_start.
 */
export const FIND_SERIES = `
  SELECT e.id, e.root_id AS "rootId", e.start_date AS "startDate", e.end_date AS "endDate",
         e.completed_successfully AS "completedSuccessfully", e.status, e.total_rows AS "totalRows",
         e.watermark, e.next_watermark AS "nextWatermark"
    FROM pipeline_execution e
   WHERE e.pipeline_id = $1::bigint AND (e.start_date, e.id) < ($2::timestamptz, $3::bigint)
     AND e.status IS DISTINCT FROM 'expected'
   ORDER BY e.start_date DESC, e.id DESC
   LIMIT $4::int`;

/** The last $2 successes of a pipeline, newest first. Uses ix_pipeline_execution_pipeline_succeeded. */
export const FIND_LAST_SUCCESSES = `
  SELECT e.start_date AS "startDate", e.end_date AS "endDate", e.total_rows AS "totalRows"
    FROM pipeline_execution e
   WHERE e.pipeline_id = $1::bigint AND e.completed_successfully = true
   ORDER BY e.start_date DESC, e.id DESC
   LIMIT $2::int`;
