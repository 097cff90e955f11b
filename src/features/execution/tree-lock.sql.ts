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

/** For moves. Waits. */
export const LOCK_TREE = `SELECT pg_advisory_xact_lock(${TREE})`;

/**
 * Whether one of the external ids of starts that name a parent (`$1`, `$2`) belongs to an expected execution, which then
 * gets that parent, and moves. Uses pk_pipeline_execution_external_id and pk_pipeline_execution_expected.
 */
const FILL = `
  WITH fill AS MATERIALIZED (
    SELECT EXISTS (SELECT FROM unnest($1::bigint[], $2::text[]) AS item (pipeline_id, external_id)
                     JOIN pipeline_execution_external_id x USING (pipeline_id, external_id)
                     JOIN pipeline_execution_expected expected ON expected.execution_id = x.execution_id) AS due
  )`;

/** For starts that name a parent: exclusive if an execution moves, else shared. Waits. */
export const LOCK_TREE_FOR_STARTS = prepared(`${FILL}
  SELECT CASE WHEN fill.due THEN pg_advisory_xact_lock(${TREE})::text
              ELSE pg_advisory_xact_lock_shared(${TREE})::text END,
         CASE WHEN fill.due THEN 'exclusive' ELSE 'shared' END AS lock
    FROM fill`);

/** The same without waiting: `busy` if another transaction holds a lock that excludes this one. */
export const TRY_LOCK_TREE_FOR_STARTS = prepared(`${FILL}
  SELECT CASE WHEN CASE WHEN fill.due THEN pg_try_advisory_xact_lock(${TREE})
                        ELSE pg_try_advisory_xact_lock_shared(${TREE}) END
              THEN CASE WHEN fill.due THEN 'exclusive' ELSE 'shared' END
              ELSE 'busy' END AS lock
    FROM fill`);

/** For executions that are inserted below others whose parents are known already. Waits. */
export const LOCK_TREE_SHARED = prepared(`SELECT pg_advisory_xact_lock_shared(${TREE})`);
