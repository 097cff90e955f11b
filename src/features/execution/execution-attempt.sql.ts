import { prepared } from '../../platform/database/prepared-statements.js';

/** The slot of each execution, and whether the execution is expected. Uses uq_pipeline_execution_attempt_execution. */
export const FIND_SLOTS = prepared(`
  SELECT item.id, coalesce(a.slot_id, item.id) AS "slotId", expected.execution_id IS NOT NULL AS expected
    FROM unnest($1::bigint[]) AS item (id)
    LEFT JOIN pipeline_execution_attempt a ON a.execution_id = item.id
    LEFT JOIN pipeline_execution_expected expected ON expected.execution_id = item.id`);

/** The attempts in slots; no rows for a slot that has only attempt 1. Uses pk_pipeline_execution_attempt. */
export const FIND_ATTEMPTS = `
  SELECT a.slot_id AS "slotId", a.attempt, a.execution_id AS "executionId"
    FROM pipeline_execution_attempt a
   WHERE a.slot_id = ANY ($1::bigint[])
   ORDER BY a.slot_id, a.attempt`;

/** Prevents duplicate attempt numbers. The slots are sorted so that two batches cannot deadlock. */
export const LOCK_SLOTS = prepared(`
  SELECT pg_advisory_xact_lock(hashtextextended('watcher.slot.' || item.id, 0))
    FROM unnest($1::bigint[]) AS item (id)`);

export const INSERT_ATTEMPTS = prepared(`
  INSERT INTO pipeline_execution_attempt (slot_id, attempt, execution_id)
  SELECT item.slot_id, item.attempt, item.execution_id
    FROM unnest($1::bigint[], $2::smallint[], $3::bigint[]) AS item (slot_id, attempt, execution_id)`);

/** Uses pk_pipeline_execution. */
export const SUPERSEDE = prepared(`
  UPDATE pipeline_execution e SET superseded = true WHERE e.id = ANY ($1::bigint[]) AND NOT e.superseded`);
