/** Inserts alerts that wait for their first attempt. */
export const INSERT_ALERTS = `
  INSERT INTO alert (delivery_id, route, target, channel, event, incident_ids, body, created_at, next_attempt_at)
  SELECT item.delivery_id, item.route, item.target, item.channel, item.event, item.incident_ids, item.body,
         item.created_at, item.created_at
    FROM jsonb_to_recordset($1::jsonb) AS item (
           delivery_id uuid, route text, target text, channel text, event text, incident_ids bigint[], body text,
           created_at timestamptz)
  RETURNING id, delivery_id`;

/** The numbers of alerts that wait and that were given up, up to 100,000 each; by ix_alert_unsent. */
export const COUNT_UNSENT = `
  SELECT (SELECT count(*) FROM (SELECT 1 FROM alert WHERE status = 'waiting' LIMIT 100000) AS waiting) AS waiting,
         (SELECT count(*) FROM (SELECT 1 FROM alert WHERE status = 'failed' LIMIT 100000) AS failed) AS failed`;

/** The positions, from 1, of the objects in the JSON array `$1` that the metadata of a pipeline `p` contains. */
const METADATA_ROUTES = `
         ARRAY(SELECT m.position::int FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS m (wanted, position)
                WHERE m.wanted <> 'null' AND p.pipeline_metadata @> m.wanted) AS "metadataRoutes"`;

/** The properties of incidents that routes match, oldest first; by pk_incident, pk_pipeline and pk_pipeline_type. */
export const FIND_SUBJECTS = `
  SELECT i.id, i.kind, i.severity, i.notified_at AS "notifiedAt", i.muted_until AS "mutedUntil",
         i.alert_wanted AS "alertWanted", p.namespace,
         p.name, t.name AS "pipelineType", ${METADATA_ROUTES}
    FROM incident i
    JOIN pipeline p ON p.id = i.pipeline_id
    JOIN pipeline_type t ON t.id = p.pipeline_type_id
   WHERE i.id = ANY ($2::bigint[])
   ORDER BY i.id`;

/** The same for one pipeline, by its id or else its key; by pk_pipeline or uq_pipeline_name. */
export const FIND_PIPELINE_SUBJECT = `
  SELECT p.id AS "pipelineId", p.namespace, p.name, t.name AS "pipelineType", ${METADATA_ROUTES}
    FROM pipeline p
    JOIN pipeline_type t ON t.id = p.pipeline_type_id
   WHERE p.id = $2::bigint OR ($2::bigint IS NULL AND p.name_key = $3::text)`;

/** Gives up alerts that wait for targets missing from the configuration; by ix_alert_unsent. */
export const GIVE_UP_WITHOUT_TARGET = `
  UPDATE alert
     SET status = 'failed', next_attempt_at = NULL, last_error = $2::text
   WHERE status = 'waiting' AND coalesce(target, channel) <> ALL ($1::text[])
  RETURNING coalesce(target, channel) AS target`;

/**
 * Deletes those of the next $3 alerts after $1 that were written before $2 and wait no more. `last`: the last of these
 * alerts; null if no later one is that old. Uses pk_alert.
 */
export const DELETE_OLD_ALERTS = `
  WITH page AS MATERIALIZED (
    SELECT a.id, a.created_at FROM alert a WHERE a.id > $1::bigint ORDER BY a.id LIMIT $3::int
  ), gone AS (
    DELETE FROM alert a USING page WHERE a.id = page.id AND a.created_at < $2::timestamptz AND a.status <> 'waiting'
  )
  SELECT CASE WHEN count(*) = $3::int AND min(page.created_at) < $2::timestamptz THEN max(page.id) END AS last FROM page`;
