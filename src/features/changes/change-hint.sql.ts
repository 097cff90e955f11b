import { prepared } from '../../platform/database/prepared-statements.js';

/** Notes what this transaction changed. */
export const INSERT_HINT = prepared(`
  INSERT INTO change_hint (transaction, root_ids, execution_ids, pipeline_ids, moved, everything)
  VALUES (pg_current_xact_id()::text::bigint, $1::bigint[], $2::bigint[], $3::bigint[], $4::bool, $5::bool)`);

/** The most hints that one answer reads; what has more is answered with "everything". */
const MOST_HINTS = 2000;

/** How long hints are certain to be there. They are deleted five minutes later, since a commit may take a while. */
const KEPT = `interval '10 minutes'`;

/** The snapshot of this moment, by which later hints are found, and its time. */
export const FIND_SNAPSHOT = `
  SELECT pg_current_snapshot()::text AS snapshot, round(date_part('epoch', now()) * 1000)::bigint AS at`;

/**
 * What was committed after the snapshot $1, which was taken at $2. A hint counts if its transaction was not visible in
 * that snapshot, in whatever order transactions commit. `everything` is true if hints may be missing: the snapshot is
 * too old, is of another database, or there are too many. Uses pk_change_hint.
 */
export const FIND_HINTS = `
  WITH fresh AS MATERIALIZED (
    SELECT h.root_ids, h.execution_ids, h.pipeline_ids, h.moved, h.incidents, h.everything
      FROM change_hint h
     WHERE h.transaction >= pg_snapshot_xmin($1::text::pg_snapshot)::text::bigint
       AND NOT pg_visible_in_snapshot(h.transaction::text::xid8, $1::text::pg_snapshot)
     LIMIT ${MOST_HINTS}
  )
  SELECT pg_current_snapshot()::text AS snapshot, round(date_part('epoch', now()) * 1000)::bigint AS at,
         count(*) AS hints,
         coalesce(bool_or(fresh.everything), false) OR count(*) = ${MOST_HINTS}
           OR $2::timestamptz < now() - ${KEPT} OR $2::timestamptz > now() + ${KEPT}
           OR pg_snapshot_xmax($1::text::pg_snapshot) > pg_snapshot_xmax(pg_current_snapshot()) AS everything,
         coalesce(bool_or(fresh.incidents), false) AS incidents,
         ARRAY(SELECT DISTINCT r.id FROM fresh, unnest(fresh.root_ids) AS r (id) ORDER BY r.id LIMIT $3::int) AS roots,
         ARRAY(SELECT DISTINCT p.id FROM fresh, unnest(fresh.pipeline_ids) AS p (id) ORDER BY p.id LIMIT $3::int)
           AS pipelines
    FROM fresh`;

/**
 * The same for one tree: the executions that changed, which may also be of other trees, and whether one of them moved or
 * was deleted. Uses pk_change_hint.
 */
export const FIND_TREE_HINTS = `
  WITH fresh AS MATERIALIZED (
    SELECT h.root_ids, h.execution_ids, h.moved, h.everything
      FROM change_hint h
     WHERE h.transaction >= pg_snapshot_xmin($1::text::pg_snapshot)::text::bigint
       AND NOT pg_visible_in_snapshot(h.transaction::text::xid8, $1::text::pg_snapshot)
     LIMIT ${MOST_HINTS}
  ), own AS MATERIALIZED (
    SELECT fresh.execution_ids, fresh.moved FROM fresh WHERE fresh.root_ids && $3::bigint[]
  )
  SELECT pg_current_snapshot()::text AS snapshot, round(date_part('epoch', now()) * 1000)::bigint AS at,
         (SELECT count(*) FROM own) AS hints,
         coalesce(bool_or(fresh.everything), false) OR count(*) = ${MOST_HINTS}
           OR $2::timestamptz < now() - ${KEPT} OR $2::timestamptz > now() + ${KEPT}
           OR pg_snapshot_xmax($1::text::pg_snapshot) > pg_snapshot_xmax(pg_current_snapshot())
           OR coalesce((SELECT bool_or(own.moved) FROM own), false) AS everything,
         ARRAY(SELECT DISTINCT e.id FROM own, unnest(own.execution_ids) AS e (id)) AS executions
    FROM fresh`;

/** Deletes at most $1 of the oldest hints. Uses pk_change_hint. */
export const DELETE_OLD_HINTS = `
  DELETE FROM change_hint h
   WHERE h.ctid = ANY (ARRAY(SELECT old.ctid FROM change_hint old ORDER BY old.transaction, old.id LIMIT $1::int))
     AND h.written_at < now() - ${KEPT} - interval '5 minutes'`;
