import { prepared } from '../../platform/database/prepared-statements.js';
import { PIPELINES } from './pipeline-lock.sql.js';

/** Reserves ids for new executions. */
export const DRAW_IDS = prepared(`
  SELECT nextval('pipeline_execution_id_seq') AS id FROM generate_series(1, $1::int)`);

/** The same; takes the pipelines lock in shared mode first, for the pipelines that later statements read. */
export const LOCK_PIPELINES_AND_DRAW_IDS = prepared(`
  SELECT nextval('pipeline_execution_id_seq') AS id
    FROM pg_advisory_xact_lock_shared(${PIPELINES}), generate_series(1, $1::int)`);

/**
 * The pipelines of starts, with a used-up `next_watermark` returned as null, and the threshold of the pipeline or else
 * of its type. And the seconds after which a run is slow, by the pipeline of its parent, cut at 300 years. Uses pk_pipeline,
 * and pk_pipeline_type and pk_pipeline_expectation through sub-selects: planning a join would take longer than running
 * them.
 */
export const FIND_STARTED_PIPELINES = prepared(`
  SELECT p.id, p.watermark, nullif(p.next_watermark, p.used_next_watermark) AS next_watermark, p.config_version,
         coalesce(p.timeliness_number,
                  (SELECT t.timeliness_number FROM pipeline_type t WHERE t.id = p.pipeline_type_id)) AS timeliness_number,
         coalesce(p.timeliness_datepart,
                  (SELECT t.timeliness_datepart FROM pipeline_type t WHERE t.id = p.pipeline_type_id)) AS timeliness_datepart,
         (SELECT jsonb_object_agg(x.parent_pipeline_id, least(x.duration_upper, 1e10))
            FROM pipeline_expectation x
           WHERE x.pipeline_id = p.id) AS slow_after
    FROM pipeline p
   WHERE p.id = ANY (ARRAY (SELECT unnest($1::bigint[])))`);

/** The parents of starts. Uses pk_pipeline_execution. */
export const FIND_PARENTS = prepared(`
  SELECT e.id, e.root_id AS "rootId", e.parent_id AS "parentId", e.pipeline_id AS "pipelineId",
         coalesce(e.status = 'expected', false) AS expected
    FROM pipeline_execution e
   WHERE e.id = ANY (ARRAY (SELECT unnest($1::bigint[])))`);

/** The executions that starts repeat. Uses pk_pipeline_execution. */
export const FIND_RETRIED = prepared(`
  SELECT e.id, e.root_id AS "rootId", e.parent_id AS "parentId", e.pipeline_id AS "pipelineId",
         e.external_id AS "externalId", e.status, e.end_date AS "endDate",
         e.completed_successfully AS "completedSuccessfully"
    FROM pipeline_execution e
   WHERE e.id = ANY (ARRAY (SELECT unnest($1::bigint[])))`);

/** The deadlines of starts, one row each, in order. */
export const FIND_DEADLINES = prepared(`
  SELECT watcher_due(item.start_date, item.number, item.datepart) AS deadline
    FROM unnest($1::timestamptz[], $2::int[], $3::text[]) WITH ORDINALITY AS item (start_date, number, datepart, position)
   ORDER BY item.position`);

/** Inserts executions with assigned ids. Arrays, because one parameter per value costs client and server more. */
export const INSERT_EXECUTIONS = prepared(`
  INSERT INTO pipeline_execution (id, parent_id, root_id, pipeline_id, external_id, start_date, watermark,
                                  next_watermark, execution_metadata, config_version, deadline, start_received_at,
                                  attempt, retry_of, superseded, slow_at, status, date_recorded)
  SELECT item.id, item.parent_id, item.root_id, item.pipeline_id, item.external_id, item.start_date, item.watermark,
         item.next_watermark, item.execution_metadata, item.config_version, item.deadline, item.start_received_at,
         item.attempt, item.retry_of, item.superseded, item.slow_at, 'running', (item.start_date AT TIME ZONE 'UTC')::date
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::timestamptz[], $7::text[],
                $8::text[], $9::jsonb[], $10::int[], $11::timestamptz[], $12::timestamptz[], $13::smallint[],
                $14::bigint[], $15::bool[], $16::timestamptz[]) AS item (
           id, parent_id, root_id, pipeline_id, external_id, start_date, watermark, next_watermark, execution_metadata,
           config_version, deadline, start_received_at, attempt, retry_of, superseded, slow_at)`);

/**
 * Claims external ids for new executions. Waits for a concurrent transaction that claims the same id; the caller sorts
 * the rows so that two batches cannot deadlock.
 */
export const CLAIM_EXTERNAL_IDS = prepared(`
  INSERT INTO pipeline_execution_external_id (pipeline_id, external_id, execution_id)
  SELECT pipeline_id, external_id, execution_id
    FROM unnest($1::bigint[], $2::text[], $3::bigint[]) AS item (pipeline_id, external_id, execution_id)
  ON CONFLICT (pipeline_id, external_id) DO NOTHING`);

/** The holders of external ids. Uses pk_pipeline_execution_external_id. */
export const FIND_EXTERNAL_IDS = prepared(`
  SELECT x.pipeline_id, x.external_id, x.execution_id
    FROM unnest($1::bigint[], $2::text[]) AS item (pipeline_id, external_id)
    JOIN pipeline_execution_external_id x USING (pipeline_id, external_id)`);
