/** A session that has not expired, and whose key is not revoked. By pk_session and pk_api_key. */
export const FIND_SESSION = `
SELECT s.caller, s.name, s.scope, s.admin_key_proof AS "adminKeyProof", s.expires_at AS "expiresAt"
  FROM session s
 WHERE s.token_hash = $1::character(64)
   AND s.expires_at > $2::timestamptz
   AND (s.key_id IS NULL
        OR EXISTS (SELECT FROM api_key k WHERE k.id = s.key_id AND k.revoked_at IS NULL))`;

/** Deletes the sessions of a caller but for the newest $2. By ix_session_caller. */
export const DELETE_SURPLUS_SESSIONS = `
DELETE FROM session
 WHERE token_hash IN (SELECT old.token_hash
                        FROM session old
                       WHERE old.caller = $1::varchar
                       ORDER BY old.created_at DESC
                      OFFSET $2::int)`;

/** Deletes at most $2 of the sessions that expired before $1, except those that another replica has locked. By ix_session_expires. */
export const DELETE_EXPIRED_SESSIONS = `
DELETE FROM session
 WHERE token_hash IN (SELECT old.token_hash
                        FROM session old
                       WHERE old.expires_at < $1::timestamptz
                       ORDER BY old.expires_at
                       LIMIT $2::int
                         FOR UPDATE SKIP LOCKED)`;
