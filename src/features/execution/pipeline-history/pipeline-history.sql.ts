/**
 * The next $4 successful executions of a pipeline before the start $2 and the id $3, newest first. Uses
 * ix_pipeline_execution_pipeline_succeeded.
 */
export const FIND_SUCCESSES = `
  SELECT e.id, e.start_date AS "startDate", e.next_watermark AS "nextWatermark",
         LEAST(e.start_date, coalesce(e.start_received_at, e.end_received_at)) AS position,
         coalesce(e.end_received_at, e.end_date) AS "recordedAt"
    FROM pipeline_execution e
   WHERE e.pipeline_id = $1::bigint AND e.completed_successfully = true
     AND (e.start_date, e.id) < ($2::timestamptz, $3::bigint)
   ORDER BY e.start_date DESC, e.id DESC
   LIMIT $4::int`;

/**
 * The greatest `next_watermark` of the next $5 successful executions of a pipeline before the start $2 and the id $3
 * that started after $4. Uses ix_pipeline_execution_pipeline_succeeded.
 */
export const FIND_GREATEST = `
  SELECT max(older.next_watermark COLLATE "C") AS watermark
    FROM (SELECT e.next_watermark
            FROM pipeline_execution e
           WHERE e.pipeline_id = $1::bigint AND e.completed_successfully = true
             AND (e.start_date, e.id) < ($2::timestamptz, $3::bigint)
             AND e.start_date > coalesce($4::timestamptz, '-infinity')
           ORDER BY e.start_date DESC, e.id DESC
           LIMIT $5::int) older`;
