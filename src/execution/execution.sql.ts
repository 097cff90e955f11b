/**
 * What a batch of starts needs to know, a row for each in their order: an id for it, its pipeline
 * and its parent (null where there is none such). By pk_pipeline and pk_pipeline_execution.
 */
export const RESOLVE_STARTS = `
  SELECT nextval('pipeline_execution_id_seq') AS id,
         p.id AS pipeline_id, p.watermark, p.next_watermark, p.config_version,
         parent.id AS parent_id, parent.root_id AS parent_root_id
    FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS item (pipeline_id, parent_id, position)
    LEFT JOIN pipeline p ON p.id = item.pipeline_id
    LEFT JOIN pipeline_execution parent ON parent.id = item.parent_id
   ORDER BY item.position`;

/**
 * Claims external ids for executions about to be inserted. Waits for a rival transaction that
 * claims the same; the caller sorts the rows, so that two batches can't wait for each other.
 */
export const CLAIM_EXTERNAL_IDS = `
  INSERT INTO pipeline_execution_external_id (pipeline_id, external_id, execution_id)
  SELECT pipeline_id, external_id, execution_id
    FROM unnest($1::bigint[], $2::text[], $3::bigint[]) AS item (pipeline_id, external_id, execution_id)
  ON CONFLICT (pipeline_id, external_id) DO NOTHING`;

/** Who holds the external ids; by pk_pipeline_execution_external_id. */
export const FIND_EXTERNAL_IDS = `
  SELECT x.pipeline_id, x.external_id, x.execution_id
    FROM unnest($1::bigint[], $2::text[]) AS item (pipeline_id, external_id)
    JOIN pipeline_execution_external_id x USING (pipeline_id, external_id)`;

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
