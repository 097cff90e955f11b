import { EXECUTION_LONG_COLUMNS } from './execution.entity.js';

/** An execution under the alias `e` but for its long columns, named as the entity names them. */
const SHORT_COLUMNS = `
         e.id, e.parent_id AS "parentId", e.root_id AS "rootId", e.pipeline_id AS "pipelineId",
         e.external_id AS "externalId", e.start_date AS "startDate",
         e.start_received_at AS "startReceivedAt", e.end_date AS "endDate",
         e.completed_successfully AS "completedSuccessfully", e.inserts, e.updates, e.soft_deletes AS "softDeletes",
         e.total_rows AS "totalRows", e.config_version AS "configVersion", e.deadline, e.end_hash AS "endHash", e.status,
         e.attempt, e.retry_of AS "retryOf", e.superseded, e.start_date_estimated AS "startDateEstimated"`;

const EXECUTION = `${SHORT_COLUMNS}, e.watermark, e.next_watermark AS "nextWatermark",
         e.execution_metadata AS "executionMetadata", e.error_message AS "errorMessage"`;

/** The most children that come inside an execution; `/children` pages through them all. */
export const MAX_INLINE_CHILDREN = 1000;

const SHORT_VALUES = EXECUTION_LONG_COLUMNS.selection('e', MAX_INLINE_CHILDREN);

/**
 * The executions of the CTE `e` with the names of their pipelines, by pk_pipeline: after the CTE, so that the two tables
 * never meet in one query level.
 */
const NAMED = `
  SELECT e.*, (SELECT p.name FROM pipeline p WHERE p.id = e."pipelineId") AS "pipelineName"
    FROM e`;

/** By pk_pipeline_execution. */
export const FIND_EXECUTIONS = `
  WITH e AS MATERIALIZED (
    SELECT ${EXECUTION}
      FROM pipeline_execution e
     WHERE e.id = ANY ($1::bigint[])
  )${NAMED}`;

/** The same, whether they have an end that was not reported, and whether their parents are expected; by pk_pipeline_execution_expected. */
export const FIND_ENDING = `
  WITH e AS MATERIALIZED (
    SELECT ${EXECUTION}
      FROM pipeline_execution e
     WHERE e.id = ANY ($1::bigint[])
  )
  SELECT e.*, (SELECT p.name FROM pipeline p WHERE p.id = e."pipelineId") AS "pipelineName",
         e."endDate" IS NOT NULL AS "hadEnd",
         EXISTS (SELECT FROM pipeline_execution_expected x WHERE x.execution_id = e."parentId") AS "isBelowExpected"
    FROM e`;

/**
 * An execution, and its children, oldest first, $2 at most; by pk_pipeline_execution and
 * ix_pipeline_execution_parent_start.
 */
export const FIND_WITH_CHILDREN = `
  WITH e AS MATERIALIZED (
    SELECT ${SHORT_COLUMNS}, ${SHORT_VALUES}
      FROM pipeline_execution e
     WHERE e.id = $1::bigint
     UNION ALL
   (SELECT ${SHORT_COLUMNS}, ${SHORT_VALUES}
      FROM pipeline_execution e
     WHERE e.parent_id = $1::bigint
     ORDER BY e.start_date, e.id
     LIMIT $2::int)
  )${NAMED}`;

/**
 * That an execution has not ended, in a form that no partial index answers: the planner would read all open executions to
 * find a few ids among them.
 */
const STILL_OPEN = `coalesce(e.end_date, 'infinity') = 'infinity'`;

/** The same, or that its end is none that was reported: an end of a lost execution counts. */
const TAKES_END = `(${STILL_OPEN} OR e.status IN ('expected', 'lost'))`;

/**
 * Writes the ends of executions in one statement, but of none that somebody else has ended meanwhile, moved to another
 * place in its tree, or given another `next_watermark`: its id is not among those that come back. The items are in the
 * order of their ids, so that two batches rarely wait for each other. By
 * pk_pipeline_execution.
 */
export const UPDATE_ENDED = `
  UPDATE pipeline_execution e
     SET end_date = item.end_date, status = item.status, completed_successfully = item.completed_successfully,
         inserts = item.inserts, updates = item.updates, soft_deletes = item.soft_deletes,
         total_rows = item.total_rows,
         execution_metadata = coalesce(e.execution_metadata || item.added_metadata, item.added_metadata,
                                       e.execution_metadata),
         next_watermark = item.next_watermark, error_message = item.error_message, end_hash = item.end_hash,
         duration_seconds = item.duration_seconds, throughput = item.throughput,
         date_recorded = (e.start_date AT TIME ZONE 'UTC')::date
    FROM jsonb_to_recordset($1::jsonb) AS item (
           id bigint, parent_id bigint, root_id bigint, end_date timestamptz, status text, completed_successfully bool,
           inserts bigint, updates bigint, soft_deletes bigint, total_rows bigint, added_metadata jsonb,
           next_watermark text, next_watermark_before text, error_message text, end_hash text,
           duration_seconds double precision, throughput double precision)
   WHERE e.id = item.id AND ${TAKES_END}
     AND e.parent_id IS NOT DISTINCT FROM item.parent_id AND e.root_id = item.root_id
     AND e.next_watermark IS NOT DISTINCT FROM item.next_watermark_before
  RETURNING e.id`;

/** Merges metadata over that of an execution; null clears it. By pk_pipeline_execution. */
export const MERGE_METADATA = `
  UPDATE pipeline_execution e
     SET execution_metadata = coalesce(e.execution_metadata || $2::jsonb, $2::jsonb)
   WHERE e.id = $1::bigint`;

/**
 * Changes the `next_watermark` of the execution of a pipeline that runs, where exactly one does. By
 * ix_pipeline_execution_pipeline_running.
 */
export const SET_NEXT_WATERMARK_OF_ONLY_RUN = `
  WITH running AS MATERIALIZED (
    SELECT e.id FROM pipeline_execution e WHERE e.pipeline_id = $1::bigint AND e.end_date IS NULL LIMIT 2
  )
  UPDATE pipeline_execution e
     SET next_watermark = $2::text
    FROM running
   WHERE e.id = running.id AND (SELECT count(*) FROM running) = 1 AND ${STILL_OPEN}`;

/**
 * How many executions are open, up to 100,000: a scrape must not get slower with what was never ended.
 * By ix_pipeline_execution_running.
 */
export const COUNT_OPEN = `
  SELECT count(*) AS open
    FROM (SELECT 1 FROM pipeline_execution WHERE end_date IS NULL LIMIT 100000) AS running`;

/**
 * Moves the deadlines of the running executions of the pipelines in the CTE `threshold` to their thresholds as they are
 * now. The rows are found first and then written in the order of their ids, so that it and a batch of ends rarely wait for
 * each other; what has ended in between keeps its deadline. By ix_pipeline_execution_pipeline_running.
 */
const MOVE_DEADLINES = `, moved AS MATERIALIZED (
    SELECT e.id, watcher_due(e.start_date, threshold.timeliness_number, threshold.timeliness_datepart) AS deadline
      FROM threshold
      JOIN pipeline_execution e ON e.pipeline_id = threshold.pipeline_id
     WHERE e.end_date IS NULL
       AND e.deadline IS DISTINCT FROM
           watcher_due(e.start_date, threshold.timeliness_number, threshold.timeliness_datepart)
     ORDER BY e.id
  )
  UPDATE pipeline_execution e
     SET deadline = moved.deadline
    FROM moved
   WHERE e.id = moved.id AND ${STILL_OPEN}`;

/** Those of one pipeline. */
export const MOVE_DEADLINES_OF_PIPELINE = `
  WITH threshold AS MATERIALIZED (
    SELECT p.pipeline_id, p.timeliness_number, p.timeliness_datepart
      FROM watcher_pipeline_threshold p
     WHERE p.pipeline_id = $1::bigint
  )${MOVE_DEADLINES}`;

/** Those of the pipelines of a type; by ix_pipeline_pipeline_type. */
export const MOVE_DEADLINES_OF_TYPE = `
  WITH threshold AS MATERIALIZED (
    SELECT p.pipeline_id, p.timeliness_number, p.timeliness_datepart
      FROM watcher_pipeline_threshold p
     WHERE p.pipeline_type_id = $1::bigint
  )${MOVE_DEADLINES}`;

/** Those of all pipelines that were changed since a moment, or whose type was; by ix_pipeline_updated. */
export const MOVE_DEADLINES_CHANGED_SINCE = `
  WITH threshold AS MATERIALIZED (
    SELECT p.pipeline_id, p.timeliness_number, p.timeliness_datepart
      FROM watcher_pipeline_threshold p
     WHERE p.pipeline_id = ANY (ARRAY(SELECT c.pipeline_id FROM watcher_changed_pipelines($1::timestamptz) c))
  )${MOVE_DEADLINES}`;
