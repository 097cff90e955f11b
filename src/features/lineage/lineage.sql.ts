import { prepared } from '../../platform/database/prepared-statements.js';

/** Locks what decides about the edges of a pipeline, until the transaction ends. Index: pk_pipeline_lineage. */
export const LOCK_PIPELINE = `
  INSERT INTO pipeline_lineage AS l (pipeline_id) VALUES ($1::bigint)
      ON CONFLICT (pipeline_id) DO UPDATE SET pipeline_id = excluded.pipeline_id
  RETURNING l.recent::text[] AS recent`;

export const SET_RECENT = `
  UPDATE pipeline_lineage l SET recent = $2::date[] WHERE l.pipeline_id = $1::bigint`;

/**
 * Takes back what the pipeline $1 declared and declares no more: all edges but those from $2 to $3. One that its runs
 * have shown since the day $4 stays current. Index: ix_address_edge_pipeline.
 */
export const UNDECLARE_EDGES = `
  UPDATE address_edge e
     SET declared = false,
         removed_at = CASE WHEN e.last_seen >= coalesce($4::date, '-infinity'::date) THEN NULL ELSE $5::timestamptz END
   WHERE e.pipeline_id = $1::bigint AND e.declared
     AND NOT (e.source_address_id = ANY ($2::bigint[]) AND e.target_address_id = ANY ($3::bigint[]))`;

/** Declares the edges from each of $2 to each of $3; the number of those that were not declared. */
export const DECLARE_EDGES = `
  WITH written AS (
    INSERT INTO address_edge AS e (source_address_id, target_address_id, pipeline_id, declared, first_seen)
    SELECT s.id, t.id, $1::bigint, true, $4::date
      FROM unnest($2::bigint[]) AS s (id)
     CROSS JOIN unnest($3::bigint[]) AS t (id)
     ORDER BY s.id, t.id
        ON CONFLICT (source_address_id, target_address_id, pipeline_id) DO UPDATE
       SET declared = true, removed_at = NULL
     WHERE NOT e.declared
    RETURNING 1)
  SELECT count(*)::int AS written FROM written`;

/**
 * Adds that a run of the pipeline $1 read each of $2 and wrote each of $3 on the day $4. The days only widen, so that the
 * result does not depend on the order of reports; an edge that was shown that day is not written again.
 */
export const OBSERVE_EDGES = `
  INSERT INTO address_edge AS e (source_address_id, target_address_id, pipeline_id, declared, first_seen, last_seen)
  SELECT s.id, t.id, $1::bigint, false, $4::date, $4::date
    FROM unnest($2::bigint[]) AS s (id)
   CROSS JOIN unnest($3::bigint[]) AS t (id)
   WHERE s.id <> t.id
   ORDER BY s.id, t.id
      ON CONFLICT (source_address_id, target_address_id, pipeline_id) DO UPDATE
     SET first_seen = least(e.first_seen, excluded.first_seen), last_seen = greatest(e.last_seen, excluded.last_seen),
         removed_at = NULL
   WHERE e.removed_at IS NOT NULL OR e.first_seen > excluded.first_seen OR e.last_seen IS NULL
      OR e.last_seen < excluded.last_seen`;

/** Removes edges that are not declared and that no run has shown since the day $2. Index: ix_address_edge_pipeline. */
export const EXPIRE_EDGES = `
  UPDATE address_edge e
     SET removed_at = $3::timestamptz
   WHERE e.pipeline_id = $1::bigint AND NOT e.declared AND e.removed_at IS NULL AND e.last_seen < $2::date`;

/** The current edges of pipelines. Index: ix_address_edge_pipeline. */
export const FIND_EDGES = `
  SELECT e.source_address_id AS "sourceId", e.target_address_id AS "targetId", e.pipeline_id AS "pipelineId", e.declared,
         e.first_seen::text AS "firstSeen", e.last_seen::text AS "lastSeen"
    FROM address_edge e
   WHERE e.pipeline_id = ANY ($1::bigint[]) AND e.removed_at IS NULL
   ORDER BY e.source_address_id, e.target_address_id
   LIMIT $2::int`;

/**
 * What pipelines read and write now, each dataset once: the ends of their current edges, and what their latest
 * successful runs read and wrote, which has no edge where a run only reads or only writes. Uses
 * ix_address_edge_pipeline; see watcher_last_run_datasets.
 */
export const FIND_ENDS = `
  SELECT e.pipeline_id AS "pipelineId", 'I' AS io, e.source_address_id AS "datasetId"
    FROM address_edge e
   WHERE e.pipeline_id = ANY ($1::bigint[]) AND e.removed_at IS NULL
   UNION
  SELECT e.pipeline_id, 'O', e.target_address_id
    FROM address_edge e
   WHERE e.pipeline_id = ANY ($1::bigint[]) AND e.removed_at IS NULL
   UNION
  SELECT r.pipeline_id, r.io, r.dataset_id
    FROM watcher_last_run_datasets($1::bigint[], $2::int) r
   ORDER BY 1, 2, 3
   LIMIT $2::int`;

/** See watcher_lineage_walk. */
export const WALK = prepared(`
  SELECT w.ids, w.depths FROM watcher_lineage_walk($1::bigint[], $2::bool, $3::int, $4::int) w`);

/** Of `step`: the edges between the datasets $1 (depths $2) and the nearer ones $3 (depths $4). */
const PIPELINES_OF_STEPS = `
  SELECT p.id, (array_agg(DISTINCT step.pipeline_id))[1:10] AS "pipelineIds",
         count(DISTINCT step.pipeline_id)::int AS pipelines
    FROM step
    JOIN unnest($1::bigint[], $2::int[]) AS p (id, depth) ON p.id = step.id
    JOIN unnest($3::bigint[], $4::int[]) AS near (id, depth) ON near.id = step.near_id
   WHERE near.depth = p.depth - 1
   GROUP BY p.id`;

/** The pipelines of the last step to each of $1 (depths $2) downstream, from those of $3 (depths $4). */
export const FIND_HOPS_DOWN = prepared(`
  WITH step AS MATERIALIZED (
    SELECT e.target_address_id AS id, e.source_address_id AS near_id, e.pipeline_id
      FROM address_edge e
     WHERE e.target_address_id = ANY ($1::bigint[]) AND e.source_address_id = ANY ($3::bigint[]) AND e.removed_at IS NULL)${PIPELINES_OF_STEPS}`);

/** The same upstream. */
export const FIND_HOPS_UP = prepared(`
  WITH step AS MATERIALIZED (
    SELECT e.source_address_id AS id, e.target_address_id AS near_id, e.pipeline_id
      FROM address_edge e
     WHERE e.source_address_id = ANY ($1::bigint[]) AND e.target_address_id = ANY ($3::bigint[]) AND e.removed_at IS NULL)${PIPELINES_OF_STEPS}`);

/** The current edges among datasets. Index: ix_address_edge_forward. */
export const FIND_EDGES_AMONG = prepared(`
  SELECT e.source_address_id AS "sourceId", e.target_address_id AS "targetId", e.pipeline_id AS "pipelineId"
    FROM address_edge e
   WHERE e.source_address_id = ANY ($1::bigint[]) AND e.target_address_id = ANY ($1::bigint[]) AND e.removed_at IS NULL
   ORDER BY e.source_address_id, e.target_address_id, e.pipeline_id
   LIMIT $2::int`);

/** The aliases among datasets. Index: pk_address_alias. */
export const FIND_ALIASES_AMONG = prepared(`
  SELECT a.a_id AS "aId", a.b_id AS "bId", a.kind
    FROM address_alias a
   WHERE a.a_id = ANY ($1::bigint[]) AND a.b_id = ANY ($1::bigint[])
   ORDER BY a.a_id, a.b_id
   LIMIT $2::int`);

/** The pipelines that read datasets (depths $2), each with the least depth of what it may write. */
export const FIND_READERS = prepared(`
  SELECT e.pipeline_id AS "pipelineId", min(n.depth) + 1 AS depth
    FROM unnest($1::bigint[], $2::int[]) AS n (id, depth)
    JOIN address_edge e ON e.source_address_id = n.id
   WHERE e.removed_at IS NULL
   GROUP BY e.pipeline_id
   ORDER BY 2, 1
   LIMIT $3::int`);

/** Deletes edges that are not declared and were last seen before $1, at most $2. Uses ix_address_edge_last_seen. */
export const DELETE_UNSEEN = `
  DELETE FROM address_edge e
   WHERE (e.source_address_id, e.target_address_id, e.pipeline_id) IN (
         SELECT old.source_address_id, old.target_address_id, old.pipeline_id
           FROM address_edge old
          WHERE NOT old.declared AND old.last_seen < ($1::timestamptz AT TIME ZONE 'UTC')::date
          ORDER BY old.last_seen
          LIMIT $2::int
            FOR UPDATE SKIP LOCKED)`;
