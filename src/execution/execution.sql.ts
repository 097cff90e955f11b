/** An execution under the alias `e`, named as its entity names it; its pipeline's name by pk_pipeline. */
const EXECUTION = `
         e.id, e.parent_id AS "parentId", e.root_id AS "rootId", e.pipeline_id AS "pipelineId",
         (SELECT p.name FROM pipeline p WHERE p.id = e.pipeline_id) AS "pipelineName",
         e.external_id AS "externalId", e.start_date AS "startDate", e.end_date AS "endDate",
         e.completed_successfully AS "completedSuccessfully", e.inserts, e.updates, e.soft_deletes AS "softDeletes",
         e.total_rows AS "totalRows", e.watermark, e.next_watermark AS "nextWatermark",
         e.execution_metadata AS "executionMetadata", e.error_message AS "errorMessage",
         e.config_version AS "configVersion", e.deadline, e.end_hash AS "endHash"`;

/** By pk_pipeline_execution. */
export const FIND_EXECUTION = `
  SELECT ${EXECUTION}
    FROM pipeline_execution e
   WHERE e.id = $1::bigint`;

/** An execution, and its children, newest first; by pk_pipeline_execution and ix_pipeline_execution_parent_start. */
export const FIND_WITH_CHILDREN = `${FIND_EXECUTION}
   UNION ALL
 (SELECT ${EXECUTION}
    FROM pipeline_execution e
   WHERE e.parent_id = $1::bigint
   ORDER BY e.start_date DESC, e.id DESC
   LIMIT $2::int)`;

/** Locks executions in the order of their ids, so that two batches can't wait for each other; by pk_pipeline_execution. */
export const LOCK_EXECUTIONS = `
  SELECT ${EXECUTION}
    FROM pipeline_execution e
   WHERE e.id = ANY ($1::bigint[])
   ORDER BY e.id
     FOR NO KEY UPDATE OF e`;

/** Writes the ends of locked executions in one statement; by pk_pipeline_execution. */
export const UPDATE_ENDED = `
  UPDATE pipeline_execution e
     SET end_date = item.end_date, completed_successfully = item.completed_successfully,
         inserts = item.inserts, updates = item.updates, soft_deletes = item.soft_deletes,
         total_rows = item.total_rows, execution_metadata = item.execution_metadata,
         error_message = item.error_message, end_hash = item.end_hash
    FROM jsonb_to_recordset($1::jsonb) AS item (
           id bigint, end_date timestamptz, completed_successfully bool, inserts bigint, updates bigint,
           soft_deletes bigint, total_rows bigint, execution_metadata jsonb, error_message text, end_hash text)
   WHERE e.id = item.id`;

/**
 * How many executions are open, up to 100,000: a scrape must not get slower with what was never ended.
 * By ix_pipeline_execution_running.
 */
export const COUNT_OPEN = `
  SELECT count(*) AS open
    FROM (SELECT 1 FROM pipeline_execution WHERE end_date IS NULL LIMIT 100000) AS running`;

/** Where the deadline of an execution belongs by the threshold of its pipeline, or else of its type. */
const DUE = `
  watcher_due(e.start_date, coalesce(p.timeliness_number, t.timeliness_number),
              coalesce(p.timeliness_datepart, t.timeliness_datepart))`;

/** What of the running executions is not where it belongs. */
const MISPLACED = `e.end_date IS NULL AND e.deadline IS DISTINCT FROM ${DUE}`;

/**
 * Moves the deadlines of a pipeline's running executions to its threshold as it is now. The rows are locked in the order
 * of their ids, so that it and a batch of ends can't wait for each other. By ix_pipeline_execution_pipeline_running.
 */
export const MOVE_DEADLINES_OF_PIPELINE = `
  WITH moved AS (
    SELECT e.id, ${DUE} AS deadline
      FROM pipeline p
      JOIN pipeline_type t ON t.id = p.pipeline_type_id
      JOIN pipeline_execution e ON e.pipeline_id = p.id
     WHERE p.id = $1::bigint AND ${MISPLACED}
     ORDER BY e.id
       FOR NO KEY UPDATE OF e
  )
  UPDATE pipeline_execution e SET deadline = moved.deadline FROM moved WHERE e.id = moved.id`;

/** The same for the pipelines of a type; by ix_pipeline_pipeline_type too. */
export const MOVE_DEADLINES_OF_TYPE = `
  WITH moved AS (
    SELECT e.id, ${DUE} AS deadline
      FROM pipeline_type t
      JOIN pipeline p ON p.pipeline_type_id = t.id
      JOIN pipeline_execution e ON e.pipeline_id = p.id
     WHERE t.id = $1::bigint AND ${MISPLACED}
     ORDER BY e.id
       FOR NO KEY UPDATE OF e
  )
  UPDATE pipeline_execution e SET deadline = moved.deadline FROM moved WHERE e.id = moved.id`;

/** The same for all pipelines that were changed since a moment, or whose type was; by ix_pipeline_updated too. */
export const MOVE_DEADLINES_CHANGED_SINCE = `
  WITH changed AS (
    SELECT p.id FROM pipeline p WHERE p.updated_at >= $1::timestamptz AND p.updated_at > p.created_at
    UNION
    SELECT p.id
      FROM pipeline_type t
      JOIN pipeline p ON p.pipeline_type_id = t.id
     WHERE t.updated_at >= $1::timestamptz AND t.updated_at > t.created_at
  ), moved AS (
    SELECT e.id, ${DUE} AS deadline
      FROM changed
      JOIN pipeline p ON p.id = changed.id
      JOIN pipeline_type t ON t.id = p.pipeline_type_id
      JOIN pipeline_execution e ON e.pipeline_id = p.id
     WHERE ${MISPLACED}
     ORDER BY e.id
       FOR NO KEY UPDATE OF e
  )
  UPDATE pipeline_execution e SET deadline = moved.deadline FROM moved WHERE e.id = moved.id`;
