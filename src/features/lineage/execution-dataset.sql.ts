import { prepared } from '../../platform/database/prepared-statements.js';

/** What executions read and wrote. Index: pk_execution_dataset. */
export const FIND_REPORTED = prepared(`
  SELECT d.execution_id AS "executionId", d.dataset_id AS "datasetId", d.io, d.rows, d.bytes, d.files
    FROM execution_dataset d
   WHERE d.execution_id = ANY ($1::bigint[])
   ORDER BY d.execution_id, d.io, d.dataset_id
   LIMIT $2::int`);

export const DELETE_REPORTED = `
  DELETE FROM execution_dataset d WHERE d.execution_id = $1::bigint`;

export const INSERT_REPORTED = `
  INSERT INTO execution_dataset (execution_id, dataset_id, io, rows, bytes, files, at)
  SELECT $1::bigint, r.dataset_id, r.io, r.rows, r.bytes, r.files, $2::timestamptz
    FROM jsonb_to_recordset($3::jsonb) AS r (dataset_id bigint, io text, rows bigint, bytes bigint, files bigint)`;

/** Sets when executions read and wrote to their ends (arrays in step) where it is later. Index: pk_execution_dataset. */
export const BACKDATE_REPORTED = prepared(`
  UPDATE execution_dataset d
     SET at = ended.end_date
    FROM unnest($1::bigint[], $2::timestamptz[]) AS ended (id, end_date)
   WHERE d.execution_id = ANY (ARRAY (SELECT unnest($1::bigint[]))) AND d.execution_id = ended.id
     AND d.at > ended.end_date`);

/**
 * The executions that read or wrote a dataset, newest first. Indexes: ix_execution_dataset_dataset,
 * pk_pipeline_execution.
 */
export const LIST_OF_DATASET = `
  SELECT d.execution_id AS "executionId", d.rows, d.bytes, d.files, d.at, e.pipeline_id AS "pipelineId", e.status,
         e.end_date AS "endDate", e.completed_successfully AS "completedSuccessfully"
    FROM execution_dataset d
    JOIN pipeline_execution e ON e.id = d.execution_id
   WHERE d.dataset_id = $1::bigint AND d.io = $2::character(1)
     AND (d.at, d.execution_id) < ($3::timestamptz, $4::bigint)
   ORDER BY d.at DESC, d.execution_id DESC
   LIMIT $5::int`;

/** See watcher_last_writers. */
export const FIND_LAST_WRITERS = `
  SELECT w.place, w.execution_id AS "executionId", w.is_reported AS "isReported"
    FROM watcher_last_writers($1::bigint[], $2::timestamptz[], $3::bigint[]) w`;
