/**
 * The lock of the tree, one for all trees: 'tree' in ASCII. A transaction that inserts an execution below another one holds
 * it shared, one that moves an execution below another parent alone. So no ancestor of an execution changes between the
 * reading of its parent and the writing of its closure rows. It goes with the transaction, so it works through a pooler.
 *
 * The mode is chosen before the lock is taken, and what it was chosen by is read again afterwards: two transactions that
 * made their shared lock an exclusive one would wait for each other.
 */
const TREE = 0x74_72_65_65;

/** For executions to be inserted below others. */
export const LOCK_TREE_SHARED = `SELECT pg_advisory_xact_lock_shared(${TREE}), false AS exclusive`;

/** For an execution to be moved. */
export const LOCK_TREE = `SELECT pg_advisory_xact_lock(${TREE})`;

/**
 * For starts that name an external id and a parent: alone where one of the ids belongs to an execution that is expected,
 * which then gets the parent. By pk_pipeline_execution_external_id and pk_pipeline_execution_expected.
 */
export const LOCK_TREE_FOR_STARTS = `
  WITH fill AS MATERIALIZED (
    SELECT EXISTS (SELECT FROM unnest($1::bigint[], $2::text[]) AS item (pipeline_id, external_id)
                     JOIN pipeline_execution_external_id x USING (pipeline_id, external_id)
                     JOIN pipeline_execution_expected expected ON expected.execution_id = x.execution_id) AS due
  )
  SELECT CASE WHEN fill.due THEN pg_advisory_xact_lock(${TREE})::text
              ELSE pg_advisory_xact_lock_shared(${TREE})::text END,
         fill.due AS exclusive
    FROM fill`;
