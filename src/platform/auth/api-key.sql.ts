/**
 * Notes that a key was used, unless that was noted less than an hour ago: a row of a busy key is written once an hour,
 * whichever replica does it. By pk_api_key.
 */
export const TOUCH_KEY = `
UPDATE api_key SET last_used_at = $2::timestamptz
 WHERE id = $1::varchar AND (last_used_at IS NULL OR last_used_at < $2::timestamptz - interval '1 hour')`;

/** Revokes the key of an id, or of a name by its key (uq_api_key_name). */
export const REVOKE_KEY = `
UPDATE api_key SET revoked_at = $3::timestamptz
 WHERE (id = $1::varchar OR name_key = $2::text) AND revoked_at IS NULL
RETURNING id, name`;
