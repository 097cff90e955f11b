/** Waits for the starts under way, and makes later ones wait: no id is drawn while a range of ids is reserved. */
export const LOCK_STARTS = `SELECT pg_advisory_xact_lock($1::bigint)`;

/** Every statement of a batch finds its rows by keys, whatever the planner knows of tables that have just been filled. */
export const SET_UP_BATCH = `
  SET LOCAL TimeZone = 'UTC'; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_seqscan = off`;

/** The ranges of ids that runs have reserved, in the order of the source's ids. Uses pk_python_import. */
export const FIND_RANGES = `
  SELECT r.first_id AS "firstId", r.last_id AS "lastId", r.shift, r.imported_to AS "importedTo"
    FROM python_import r
   WHERE r.source = $1::text
   ORDER BY r.first_id`;

/** The same of one range, which is locked: two imports of one source take turns. */
export const LOCK_RANGE = `
  SELECT r.imported_to AS "importedTo"
    FROM python_import r
   WHERE r.source = $1::text AND r.first_id = $2::bigint
     FOR UPDATE`;

export const INSERT_RANGE = `
  INSERT INTO python_import (source, first_id, last_id, shift, imported_to)
  VALUES ($1::text, $2::bigint, $3::bigint, $4::bigint, $2::bigint - 1)`;

export const MOVE_RANGE = `
  UPDATE python_import SET imported_to = $3::bigint WHERE source = $1::text AND first_id = $2::bigint`;

/** Uses pk_pipeline_execution. */
export const FIND_ROOTS = `
  SELECT e.id, e.root_id AS "rootId" FROM pipeline_execution e WHERE e.id = ANY ($1::bigint[])`;

const ITEM = `
    jsonb_to_recordset($1::jsonb) AS item (
      id bigint, parent_id bigint, root_id bigint, pipeline_id bigint, start_date timestamp(3) with time zone,
      end_date timestamp(3) with time zone, completed_successfully bool, status text, inserts bigint, updates bigint,
      soft_deletes bigint, total_rows bigint, watermark text, next_watermark text, execution_metadata text)`;
const SECONDS = `extract(epoch FROM item.end_date - item.start_date)::double precision`;
const THROUGHPUT = `item.total_rows / nullif(${SECONDS}, 0)`;

/** All columns for SQL users are written at once, as for executions that end now. */
export const INSERT_EXECUTIONS = `
  INSERT INTO pipeline_execution (
         id, parent_id, root_id, pipeline_id, start_date, end_date, completed_successfully, status, inserts, updates,
         soft_deletes, total_rows, watermark, next_watermark, execution_metadata, config_version, date_recorded,
         duration_seconds, throughput)
  SELECT item.id, item.parent_id, item.root_id, item.pipeline_id, item.start_date, item.end_date,
         item.completed_successfully, item.status, item.inserts, item.updates, item.soft_deletes, item.total_rows,
         item.watermark, item.next_watermark, item.execution_metadata::jsonb, 1,
         (item.start_date AT TIME ZONE 'UTC')::date, ${SECONDS}, ${THROUGHPUT}
    FROM ${ITEM}`;

/** The ends of executions that ran when they were imported. Uses pk_pipeline_execution. */
export const END_EXECUTIONS = `
  UPDATE pipeline_execution e
     SET end_date = item.end_date, completed_successfully = item.completed_successfully, status = item.status,
         inserts = item.inserts, updates = item.updates, soft_deletes = item.soft_deletes, total_rows = item.total_rows,
         next_watermark = item.next_watermark, execution_metadata = item.execution_metadata::jsonb,
         duration_seconds = ${SECONDS}, throughput = ${THROUGHPUT}
    FROM ${ITEM}
   WHERE e.id = item.id AND e.end_date IS NULL`;

/** Executions of a range that run. Uses ix_pipeline_execution_running. */
export const FIND_OPEN = `
  SELECT e.id FROM pipeline_execution e WHERE e.end_date IS NULL AND e.id BETWEEN $1::bigint AND $2::bigint ORDER BY e.id`;

/**
 * The closure rows of executions whose parents' rows exist: each with itself, and with every ancestor of its parent one
 * level deeper. Uses pk_pipeline_execution_closure.
 */
export const INSERT_CLOSURE = `
  INSERT INTO pipeline_execution_closure (parent_execution_id, child_execution_id, depth)
  SELECT item.id, item.id, 0
    FROM unnest($1::bigint[]) AS item (id)
   UNION ALL
  SELECT above.parent_execution_id, item.id, above.depth + 1
    FROM unnest($1::bigint[], $2::bigint[]) AS item (id, parent_id)
    JOIN pipeline_execution_closure above ON above.child_execution_id = item.parent_id`;

/** Compares the closure of the executions of a range with a recursive walk over parent_id. */
export const CHECK_CLOSURE = `
  WITH RECURSIVE walked (child_id, parent_id, depth) AS (
    SELECT e.id, e.id, 0 FROM pipeline_execution e WHERE e.id BETWEEN $1::bigint AND $2::bigint
     UNION ALL
    SELECT w.child_id, e.parent_id, w.depth + 1
      FROM walked w
      JOIN pipeline_execution e ON e.id = w.parent_id
     WHERE e.parent_id IS NOT NULL
  ), kept AS (
    SELECT c.child_execution_id AS child_id, c.parent_execution_id AS parent_id, c.depth
      FROM pipeline_execution_closure c
     WHERE c.child_execution_id BETWEEN $1::bigint AND $2::bigint
  )
  SELECT count(k.child_id) AS rows, count(w.child_id) AS walked,
         count(*) FILTER (WHERE k.child_id IS NULL OR w.child_id IS NULL) AS different
    FROM kept k
    FULL JOIN walked w ON (w.child_id, w.parent_id, w.depth) = (k.child_id, k.parent_id, k.depth)`;

/** Pages that show live data ask for everything again. */
export const HINT_EVERYTHING = `
  INSERT INTO change_hint (transaction, everything) VALUES (pg_current_xact_id()::text::bigint, true)`;

/** The planner learns of the new rows at once. */
export const ANALYZE = `ANALYZE pipeline, pipeline_execution, pipeline_execution_closure, address, address_edge`;
