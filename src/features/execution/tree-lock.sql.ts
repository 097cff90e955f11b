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
 * For starts that name a parent. `$1` and `$2` are the external ids of those that have one: the lock is exclusive if one
 * of them belongs to an expected execution, which then gets the parent. Waits. Uses
 * pk_pipeline_execution_external_id and pk_pipeline_execution_expected.
 */
export const LOCK_TREE_FOR_STARTS = prepared(
  lockForStarts(
    `CASE WHEN pg_advisory_xact_lock(${TREE}) IS NULL THEN 'busy' ELSE 'exclusive' END`,
    `CASE WHEN pg_advisory_xact_lock_shared(${TREE}) IS NULL THEN 'busy' ELSE 'shared' END`,
  ),
);

/** The same without waiting: the result is `busy` if another transaction holds a lock that excludes this one. */
export const TRY_LOCK_TREE_FOR_STARTS = prepared(
  lockForStarts(
    `CASE WHEN pg_try_advisory_xact_lock(${TREE}) THEN 'exclusive' ELSE 'busy' END`,
    `CASE WHEN pg_try_advisory_xact_lock_shared(${TREE}) THEN 'shared' ELSE 'busy' END`,
  ),
);

function lockForStarts(exclusive: string, shared: string): string {
  return `
  WITH fill AS MATERIALIZED (
    SELECT EXISTS (SELECT FROM unnest($1::bigint[], $2::text[]) AS item (pipeline_id, external_id)
                     JOIN pipeline_execution_external_id x USING (pipeline_id, external_id)
                     JOIN pipeline_execution_expected expected ON expected.execution_id = x.execution_id) AS due
  )
  SELECT CASE WHEN fill.due THEN ${exclusive} ELSE ${shared} END AS lock
    FROM fill`;
}
