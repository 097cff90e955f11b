/**
 * The last $2 executions of the pipelines $1, when their data becomes stale, and their open incidents. By the functions
 * of the modules that own these, pk_pipeline and pk_pipeline_type.
 */
export const FIND_STATUS = `
  SELECT recent.pipeline_id AS "pipelineId", recent.ids, recent.root_ids AS "rootIds", recent.starts, recent.ends,
         recent.statuses, due.at AS "staleAt", coalesce(open.incidents, 0) AS "openIncidents"
    FROM watcher_recent_executions($1::bigint[], $2::int) recent
    LEFT JOIN LATERAL (
         SELECT watcher_due(t.loaded_at, t.freshness_number, t.freshness_datepart) AS at
           FROM watcher_pipeline_threshold t
          WHERE t.pipeline_id = recent.pipeline_id AND t.active AND NOT t.mute_freshness_check) due ON true
    LEFT JOIN watcher_open_incidents($1::bigint[]) open ON open.pipeline_id = recent.pipeline_id`;

/** What answers about lineage show of pipelines. Indexes: pk_pipeline, pk_pipeline_type. */
export const DESCRIBE_AFFECTED = `
  SELECT p.id, p.namespace, p.name, t.name AS "typeName", p.active, p.next_expected_at AS "nextExpectedAt",
         CASE WHEN octet_length(p.pipeline_metadata::text) <= 4096 THEN p.pipeline_metadata END AS "shortMetadata"
    FROM pipeline p
    JOIN pipeline_type t ON t.id = p.pipeline_type_id
   WHERE p.id = ANY ($1::bigint[])`;
