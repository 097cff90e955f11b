import { prepared } from '../../../platform/database/prepared-statements.js';

/** The columns that decide whether executions have ended. Uses pk_pipeline_execution. */
export const FIND_STATUSES = prepared(`
  SELECT e.id, e.status, e.end_date AS "endDate", e.completed_successfully AS "completedSuccessfully"
    FROM pipeline_execution e
   WHERE e.id = ANY (ARRAY (SELECT unnest($1::bigint[])))`);

/** Those of the executions whose last heartbeat is newer than a moment. Uses pk_execution_heartbeat. */
export const FIND_BEATEN_SINCE = prepared(`
  SELECT h.execution_id AS id
    FROM execution_heartbeat h
   WHERE h.execution_id = ANY (ARRAY (SELECT unnest($1::bigint[]))) AND h.at > $2::timestamptz`);

/**
 * Records heartbeats, each execution once, in the order of the ids, so that two batches can't wait for each other.
 * Keeps the last 15 times between heartbeats. Uses pk_execution_heartbeat.
 */
export const RECORD_HEARTBEATS = prepared(`
  INSERT INTO execution_heartbeat AS h (execution_id, at, progress, message)
  SELECT item.id, item.at, item.progress, item.message
    FROM unnest($1::bigint[], $2::timestamptz[], $3::double precision[], $4::text[])
      AS item (id, at, progress, message)
   ORDER BY item.id
      ON CONFLICT (execution_id) DO UPDATE
     SET at = excluded.at, progress = coalesce(excluded.progress, h.progress),
         message = coalesce(excluded.message, h.message),
         gaps = (extract(epoch FROM excluded.at - h.at)::real || h.gaps)[1:15]
   WHERE h.at < excluded.at`);

/** Uses pk_execution_heartbeat. */
export const FIND_HEARTBEAT = `
  SELECT h.at, h.progress, h.message FROM execution_heartbeat h WHERE h.execution_id = $1::bigint`;
