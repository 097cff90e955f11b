import { prepared } from '../../platform/database/prepared-statements.js';

/**
 * The tree lock, one for all trees: 'tree' in ASCII. A transaction that inserts an execution below another holds it in
 * shared mode, one that moves an execution holds it exclusively. So the ancestors of an execution cannot change between
 * the read of its parent and the write of its closure rows. The lock ends with the transaction, so it works through a
 * connection pooler.
 *
 * The mode is chosen before the lock is taken, and the data that determined it is read again afterwards: two
 * transactions that both upgraded a shared lock would deadlock.
 */
const TREE = 0x74_72_65_65;

/** For inserts below other executions. */
export const LOCK_TREE_SHARED = `SELECT pg_advisory_xact_lock_shared(${TREE}), false AS exclusive`;

/** For moves. */
export const LOCK_TREE = `SELECT pg_advisory_xact_lock(${TREE})`;

/**
 * For starts that name an external id and a parent: exclusive if one of the ids belongs to an expected execution, which
 * then gets the parent. Uses pk_pipeline_execution_external_id and pk_pipeline_execution_expected.
 */
export const LOCK_TREE_FOR_STARTS = prepared(`
  WITH fill AS MATERIALIZED (
    SELECT EXISTS (SELECT FROM unnest($1::bigint[], $2::text[]) AS item (pipeline_id, external_id)
                     JOIN pipeline_execution_external_id x USING (pipeline_id, external_id)
                     JOIN pipeline_execution_expected expected ON expected.execution_id = x.execution_id) AS due
  )
  SELECT CASE WHEN fill.due THEN pg_advisory_xact_lock(${TREE})::text
              ELSE pg_advisory_xact_lock_shared(${TREE})::text END,
         fill.due AS exclusive
    FROM fill`);
