/**
 * Records the use of a key, unless a use was recorded less than an hour ago: all replicas together write the row of a
 * busy key once an hour. Uses pk_api_key.
 */
export const TOUCH_KEY = `
UPDATE api_key SET last_used_at = $2::timestamptz
 WHERE id = $1::varchar AND (last_used_at IS NULL OR last_used_at < $2::timestamptz - interval '1 hour')`;

/** Revokes the key with an id, or with a name (by its name key, uq_api_key_name). */
export const REVOKE_KEY = `
UPDATE api_key SET revoked_at = $3::timestamptz
 WHERE (id = $1::varchar OR name_key = $2::text) AND revoked_at IS NULL
RETURNING id, name`;
