import { prepared } from '../database/prepared-statements.js';

/**
 * Takes the locks that are free, until the transaction ends; waits for none, so two batches can't wait for each other.
 * Uses advisory locks because a competing row is not visible before it commits; an insert could only wait for it.
 */
export const LOCK_KEYS = prepared(`
SELECT wanted.position::int AS position, pg_try_advisory_xact_lock(wanted.lock) AS locked
  FROM unnest($1::bigint[]) WITH ORDINALITY AS wanted (lock, position)
 ORDER BY wanted.position`);

/** The stored answers of keys, except those older than $3. By pk_idempotency_key. */
export const FIND_ANSWERS = prepared(`
SELECT k.caller, k.key, k.fingerprint, k.status, k.body
  FROM unnest($1::varchar[], $2::varchar[]) AS wanted (caller, key)
  JOIN idempotency_key k ON k.caller = wanted.caller AND k.key = wanted.key
 WHERE k.created_at >= $3::timestamptz`);

/** Stores answers; overwrites only answers older than $7, which count as expired. By pk_idempotency_key. */
export const INSERT_ANSWERS = prepared(`
INSERT INTO idempotency_key AS k (caller, key, fingerprint, status, body, created_at)
SELECT a.caller, a.key, a.fingerprint, a.status, a.body::json, $6::timestamptz
  FROM unnest($1::varchar[], $2::varchar[], $3::char(64)[], $4::smallint[], $5::text[])
    AS a (caller, key, fingerprint, status, body)
 ORDER BY a.caller, a.key
    ON CONFLICT (caller, key) DO UPDATE
   SET fingerprint = excluded.fingerprint, status = excluded.status, body = excluded.body,
       created_at = excluded.created_at
 WHERE k.created_at < $7::timestamptz`);

/**
 * Deletes at most $2 of the answers older than $1, except those that another replica has locked. By
 * ix_idempotency_key_created.
 */
export const DELETE_OLD = `
DELETE FROM idempotency_key
 WHERE (caller, key) IN (SELECT old.caller, old.key
                           FROM idempotency_key old
                          WHERE old.created_at < $1::timestamptz
                          ORDER BY old.created_at
                          LIMIT $2::int
                            FOR UPDATE SKIP LOCKED)`;
