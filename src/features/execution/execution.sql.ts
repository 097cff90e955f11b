import { prepared } from '../../platform/database/prepared-statements.js';
import { EXECUTION_LONG_COLUMNS } from './execution.entity.js';

/** The columns of an execution under the alias `e`, except the long ones, named as in the entity. */
const SHORT_COLUMNS = `
         e.id, e.parent_id AS "parentId", e.root_id AS "rootId", e.pipeline_id AS "pipelineId",
         e.external_id AS "externalId", e.start_date AS "startDate",
         e.start_received_at AS "startReceivedAt", e.end_date AS "endDate",
         e.completed_successfully AS "completedSuccessfully", e.inserts, e.updates, e.soft_deletes AS "softDeletes",
         e.total_rows AS "totalRows", e.config_version AS "configVersion", e.deadline, e.end_hash AS "endHash", e.status,
         e.attempt, e.retry_of AS "retryOf", e.superseded, e.start_date_estimated AS "startDateEstimated",
         e.anomaly_flags AS "anomalyFlags"`;

const EXECUTION = `${SHORT_COLUMNS}, e.watermark, e.next_watermark AS "nextWatermark",
         e.execution_metadata AS "executionMetadata", e.error_message AS "errorMessage"`;

/** The maximum number of children embedded in an execution; `/children` returns all of them in pages. */
export const MAX_INLINE_CHILDREN = 1000;

const SHORT_VALUES = EXECUTION_LONG_COLUMNS.selection('e', MAX_INLINE_CHILDREN);

/**
 * Joins the executions of the CTE `e` to the names of their pipelines, by pk_pipeline. It follows the CTE so that the
 * two tables never meet in one query level.
 */
const NAMED = `
  SELECT e.*, (SELECT p.name FROM pipeline p WHERE p.id = e."pipelineId") AS "pipelineName"
    FROM e`;

/** Uses pk_pipeline_execution. */
export const FIND_EXECUTIONS = prepared(`
  WITH e AS MATERIALIZED (
    SELECT ${EXECUTION}
      FROM pipeline_execution e
     WHERE e.id = ANY (ARRAY (SELECT unnest($1::bigint[])))
  )${NAMED}`);

/**
 * The same, with whether they have an unreported end and whether their parents are expected. Uses
 * pk_pipeline_execution_expected.
 */
export const FIND_ENDING = prepared(`
  WITH e AS MATERIALIZED (
    SELECT ${EXECUTION}, e.slow_at AS "slowAt"
      FROM pipeline_execution e
     WHERE e.id = ANY (ARRAY (SELECT unnest($1::bigint[])))
  )
  SELECT e.*, (SELECT p.name FROM pipeline p WHERE p.id = e."pipelineId") AS "pipelineName",
         e."endDate" IS NOT NULL AS "hadEnd",
         EXISTS (SELECT FROM pipeline_execution_expected x WHERE x.execution_id = e."parentId") AS "isBelowExpected"
    FROM e`);

/** The pipelines of executions, and whether they have a `next_watermark`. Uses pk_pipeline_execution. */
export const OUTLINE_EXECUTIONS = prepared(`
  SELECT e.id, e.pipeline_id AS "pipelineId", e.next_watermark IS NOT NULL AS "hasNextWatermark"
    FROM pipeline_execution e
   WHERE e.id = ANY (ARRAY (SELECT unnest($1::bigint[])))`);

/** What other questions show of executions. Uses pk_pipeline_execution. */
export const GLANCE_AT_EXECUTIONS = prepared(`
  SELECT e.id, e.root_id AS "rootId", e.pipeline_id AS "pipelineId", e.status, e.start_date AS "startDate",
         e.end_date AS "endDate", e.completed_successfully AS "completedSuccessfully"
    FROM pipeline_execution e
   WHERE e.id = ANY (ARRAY (SELECT unnest($1::bigint[])))`);

/**
 * An execution and at most $2 of its children, oldest first. Uses pk_pipeline_execution and
 * ix_pipeline_execution_parent_start.
 */
export const FIND_WITH_CHILDREN = prepared(`
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
  )${NAMED}`);

/**
 * The executions $1 and their children, of these at most $2 in all and in no order. Uses pk_pipeline_execution and
 * ix_pipeline_execution_parent_start.
 */
export const FIND_ALL_WITH_CHILDREN = prepared(`
  WITH e AS MATERIALIZED (
    SELECT false AS "isChild", ${SHORT_COLUMNS}, ${SHORT_VALUES}
      FROM pipeline_execution e
     WHERE e.id = ANY (ARRAY (SELECT unnest($1::bigint[])))
     UNION ALL
   (SELECT true AS "isChild", ${SHORT_COLUMNS}, ${SHORT_VALUES}
      FROM pipeline_execution e
     WHERE e.parent_id = ANY (ARRAY (SELECT unnest($1::bigint[])))
     LIMIT $2::int)
  )${NAMED}`);

/**
 * True if an execution has not ended, written so that it matches no partial index: otherwise the planner would read all
 * open executions to find a few ids.
 */
const STILL_OPEN = `coalesce(e.end_date, 'infinity') = 'infinity'`;

/** The same, or true if its end was not reported: a lost execution accepts an end. */
const TAKES_END = `(${STILL_OPEN} OR e.status IN ('expected', 'lost'))`;

/**
 * Writes ends in one statement. Skips executions that another transaction has meanwhile ended, moved, or given another
 * `next_watermark`; their ids are not returned. The items are ordered by id, so that two batches rarely wait for each
 * other. $2 has their ids: without it the planner expects a hundred items, and reads the whole of a small table. Uses
 * pk_pipeline_execution.
 */
export const UPDATE_ENDED = prepared(`
  UPDATE pipeline_execution e
     SET end_date = item.end_date, end_received_at = item.end_received_at, status = item.status, completed_successfully = item.completed_successfully,
         inserts = item.inserts, updates = item.updates, soft_deletes = item.soft_deletes,
         total_rows = item.total_rows,
         execution_metadata = coalesce(e.execution_metadata || item.added_metadata, item.added_metadata,
                                       e.execution_metadata),
         next_watermark = item.next_watermark, error_message = item.error_message, end_hash = item.end_hash,
         duration_seconds = item.duration_seconds, throughput = item.throughput,
         date_recorded = (e.start_date AT TIME ZONE 'UTC')::date
    FROM jsonb_to_recordset($1::jsonb) AS item (
           id bigint, parent_id bigint, root_id bigint, end_date timestamptz, end_received_at timestamptz, status text,
           completed_successfully bool,
           inserts bigint, updates bigint, soft_deletes bigint, total_rows bigint, added_metadata jsonb,
           next_watermark text, next_watermark_before text, error_message text, end_hash text,
           duration_seconds double precision, throughput double precision)
   WHERE e.id = ANY (ARRAY (SELECT unnest($2::bigint[]))) AND e.id = item.id AND ${TAKES_END}
     AND e.parent_id IS NOT DISTINCT FROM item.parent_id AND e.root_id = item.root_id
     AND e.next_watermark IS NOT DISTINCT FROM item.next_watermark_before
  RETURNING e.id`);

/** Adds to the unusual metrics of executions; the items are ordered by id. Uses pk_pipeline_execution. */
export const FLAG_ANOMALIES = `
  UPDATE pipeline_execution e
     SET anomaly_flags = coalesce(e.anomaly_flags, '{}') || item.flags
    FROM unnest($1::bigint[], $2::jsonb[]) AS item (id, flags)
   WHERE e.id = ANY (ARRAY (SELECT unnest($1::bigint[]))) AND e.id = item.id
  RETURNING e.id, e.root_id AS "rootId"`;

/** Merges metadata into that of an execution; null clears it. Uses pk_pipeline_execution. */
export const MERGE_METADATA = `
  UPDATE pipeline_execution e
     SET execution_metadata = coalesce(e.execution_metadata || $2::jsonb, $2::jsonb)
   WHERE e.id = $1::bigint`;

/**
 * Changes the `next_watermark` of a pipeline's running execution if there is exactly one. Uses
 * ix_pipeline_execution_pipeline_running.
 */
export const SET_NEXT_WATERMARK_OF_ONLY_RUN = `
  WITH running AS MATERIALIZED (
    SELECT e.id FROM pipeline_execution e WHERE e.pipeline_id = $1::bigint AND e.end_date IS NULL LIMIT 2
  )
  UPDATE pipeline_execution e
     SET next_watermark = $2::text
    FROM running
   WHERE e.id = running.id AND (SELECT count(*) FROM running) = 1 AND ${STILL_OPEN}
  RETURNING e.id, e.root_id AS "rootId"`;

/**
 * The number of open executions, counted up to 100,000, to limit the cost of a scrape. Uses
 * ix_pipeline_execution_running.
 */
export const COUNT_OPEN = `
  SELECT count(*) AS open
    FROM (SELECT 1 FROM pipeline_execution WHERE end_date IS NULL LIMIT 100000) AS running`;

/** Null for executions that are endless: they get no deadline, and lose one that an older version gave them. */
const DUE = `
           watcher_due(e.start_date, CASE WHEN NOT e.endless THEN threshold.timeliness_number END,
                       threshold.timeliness_datepart)`;

/**
 * Updates the deadlines of running executions to the current thresholds of the pipelines in the CTE `threshold`. The
 * rows are found first and written in id order, so that this statement and a batch of ends rarely wait for each other;
 * an execution that ends in between keeps its deadline. Uses ix_pipeline_execution_pipeline_running.
 */
const MOVE_DEADLINES = `, moved AS MATERIALIZED (
    SELECT e.id,${DUE} AS deadline
      FROM threshold
      JOIN pipeline_execution e ON e.pipeline_id = threshold.pipeline_id
     WHERE e.end_date IS NULL
       AND e.deadline IS DISTINCT FROM${DUE}
     ORDER BY e.id
  )
  UPDATE pipeline_execution e
     SET deadline = moved.deadline
    FROM moved
   WHERE e.id = moved.id AND ${STILL_OPEN}
  RETURNING e.id, e.root_id AS "rootId"`;

/** For one pipeline. */
export const MOVE_DEADLINES_OF_PIPELINE = `
  WITH threshold AS MATERIALIZED (
    SELECT p.pipeline_id, p.timeliness_number, p.timeliness_datepart
      FROM watcher_pipeline_threshold p
     WHERE p.pipeline_id = $1::bigint
  )${MOVE_DEADLINES}`;

/** For the pipelines of a type. Uses ix_pipeline_pipeline_type. */
export const MOVE_DEADLINES_OF_TYPE = `
  WITH threshold AS MATERIALIZED (
    SELECT p.pipeline_id, p.timeliness_number, p.timeliness_datepart
      FROM watcher_pipeline_threshold p
     WHERE p.pipeline_type_id = $1::bigint
  )${MOVE_DEADLINES}`;

/** For all pipelines changed, or whose type changed, since a given time. Uses ix_pipeline_updated. */
export const MOVE_DEADLINES_CHANGED_SINCE = `
  WITH threshold AS MATERIALIZED (
    SELECT p.pipeline_id, p.timeliness_number, p.timeliness_datepart
      FROM watcher_pipeline_threshold p
     WHERE p.pipeline_id = ANY (ARRAY(SELECT c.pipeline_id FROM watcher_changed_pipelines($1::timestamptz) c))
  )${MOVE_DEADLINES}`;
