import { prepared } from '../../../platform/database/prepared-statements.js';

/**
 * Serialises the transactions of ends of one pipeline if one of them failed, and of failed ends of one tree. Ends that
 * succeeded take the lock in shared mode. `$1` has the keys in ascending order, so that two batches can't wait for
 * each other; `$2` marks the exclusive ones. Then, whether any of the pipelines `$3` has an open failure, by
 * uq_incident_open_failure.
 */
export const LOCK_FAILURES = prepared(`
  SELECT watcher_lock_failures($1::int[], $2::bool[], $3::bigint[]) AS "areOpen"`);

/** The time of each pipeline's last success, by the end of the run; by ix_pipeline_execution_pipeline_succeeded_end. */
export const LAST_SUCCESSES = prepared(`
  SELECT s.pipeline_id, s.end_date FROM watcher_last_success($1::bigint[]) AS s WHERE s.end_date IS NOT NULL`);

/**
 * Opens an incident for each pipeline with failed roots, or adds them to the open one, which then names the failure
 * that ended last. Inactive and archived pipelines get none, since they are not watched. By pk_pipeline and
 * uq_incident_open_failure.
 */
export const OPEN_FAILURES = prepared(`
  INSERT INTO incident AS open (kind, severity, pipeline_id, execution_id, root_id, opened_at, since, occurrences,
                                root_causes, root_cause_count, notified_at)
  SELECT 'failure', $3::text, item.pipeline_id, item.execution_id, item.root_id, $2::timestamptz, item.since,
         item.occurrences, item.root_causes, item.root_cause_count, NULL
    FROM jsonb_to_recordset($1::jsonb) AS item (
           pipeline_id bigint, execution_id bigint, root_id bigint, since timestamptz, occurrences int,
           root_causes jsonb, root_cause_count int)
    JOIN pipeline p ON p.id = item.pipeline_id
   WHERE p.active AND NOT p.archived
   ORDER BY item.pipeline_id
      ON CONFLICT (pipeline_id, (CASE WHEN root_id IS NULL THEN id ELSE 0 END))
         WHERE kind = 'failure' AND resolved_at IS NULL DO UPDATE
     SET occurrences = open.occurrences + excluded.occurrences,
         (execution_id, root_id, since, root_causes, root_cause_count) = (
           SELECT last.execution_id, last.root_id, last.since, last.root_causes, last.root_cause_count
             FROM (VALUES
                    (open.execution_id, open.root_id, open.since, open.root_causes, open.root_cause_count),
                    (excluded.execution_id, excluded.root_id, excluded.since, excluded.root_causes,
                     excluded.root_cause_count)
                  ) AS last (execution_id, root_id, since, root_causes, root_cause_count)
            ORDER BY last.since DESC, last.execution_id DESC
            LIMIT 1)
  RETURNING id, pipeline_id, since, notified_at`);

/** Stores failures that a success had followed before they were reported: each as a resolved incident. */
export const KEEP_OVERTAKEN = `
  WITH kept AS (
    INSERT INTO incident (kind, severity, pipeline_id, execution_id, root_id, opened_at, resolved_at, resolution, since,
                          root_causes, root_cause_count, notified_at)
    SELECT 'failure', $3::text, item.pipeline_id, item.execution_id, item.root_id, $2::timestamptz,
           $2::timestamptz, 'succeeded', item.since, item.root_causes, item.root_cause_count, NULL
      FROM jsonb_to_recordset($1::jsonb) AS item (
             pipeline_id bigint, execution_id bigint, root_id bigint, since timestamptz, root_causes jsonb,
             root_cause_count int)
      JOIN pipeline p ON p.id = item.pipeline_id
     WHERE p.active AND NOT p.archived
     ORDER BY item.since, item.execution_id
    RETURNING id, execution_id, since
  )
  INSERT INTO incident_failure (execution_id, incident_id, ended_at)
  SELECT kept.execution_id, kept.id, kept.since FROM kept
      ON CONFLICT (execution_id) DO UPDATE SET incident_id = excluded.incident_id, ended_at = excluded.ended_at`;

/** Records the failures that an incident covers. */
export const KEEP_FAILURES = prepared(`
  INSERT INTO incident_failure AS f (execution_id, incident_id, ended_at)
  SELECT item.execution_id, item.incident_id, item.since
    FROM jsonb_to_recordset($1::jsonb) AS item (execution_id bigint, incident_id bigint, since timestamptz)
      ON CONFLICT (execution_id) DO UPDATE SET incident_id = excluded.incident_id, ended_at = excluded.ended_at
   WHERE (f.incident_id, f.ended_at) IS DISTINCT FROM (excluded.incident_id, excluded.ended_at)`);

/**
 * Resolves the failures of pipelines that have succeeded since. Locks the incidents in the order of their ids, so that
 * two batches of ends can't wait for each other. By uq_incident_open_failure.
 */
export const RESOLVE_FAILURES = prepared(`
  WITH succeeded AS (
    SELECT i.id
      FROM unnest($1::bigint[], $2::timestamptz[]) AS item (pipeline_id, end_date)
      JOIN incident i ON i.pipeline_id = item.pipeline_id
     WHERE i.kind = 'failure' AND i.resolved_at IS NULL AND i.since <= item.end_date
     ORDER BY i.id
       FOR NO KEY UPDATE OF i
  )
  UPDATE incident i SET resolved_at = $3::timestamptz, resolution = 'succeeded'
    FROM succeeded
   WHERE i.id = succeeded.id AND i.resolved_at IS NULL
  RETURNING i.id`);

/**
 * Subtracts the failures before a success from the count of an incident that stays open because of a later failure.
 * Never increases the count: an earlier success may be reported after a later one. By uq_incident_open_failure and
 * ix_incident_failure_incident.
 */
export const COUNT_FAILURES_SINCE = `
  WITH later AS (
    SELECT i.id, item.end_date
      FROM unnest($1::bigint[], $2::timestamptz[]) AS item (pipeline_id, end_date)
      JOIN incident i ON i.pipeline_id = item.pipeline_id
     WHERE i.kind = 'failure' AND i.resolved_at IS NULL AND i.since > item.end_date AND i.occurrences > 1
     ORDER BY i.id
       FOR NO KEY UPDATE OF i
  )
  UPDATE incident i
     SET occurrences = LEAST(i.occurrences, (SELECT count(*) FROM incident_failure f
                                              WHERE f.incident_id = later.id AND f.ended_at > later.end_date))
    FROM later
   WHERE i.id = later.id`;

/**
 * Those of these roots that an incident covers: their causes change when an execution below them ends. By
 * pk_incident_failure and pk_incident.
 */
export const NAMED_ROOTS = prepared(`
  SELECT f.execution_id
    FROM incident_failure f
    JOIN incident i ON i.id = f.incident_id AND i.execution_id = f.execution_id
   WHERE f.execution_id = ANY (ARRAY (SELECT unnest($1::bigint[])))`);

/** Updates the causes of failures, of open and of resolved incidents, where they changed; by pk_incident_failure, pk_incident. */
export const CORRECT_CAUSES = prepared(`
  UPDATE incident i
     SET root_causes = item.root_causes, root_cause_count = item.root_cause_count
    FROM jsonb_to_recordset($1::jsonb) AS item (execution_id bigint, root_causes jsonb, root_cause_count int)
    JOIN incident_failure f ON f.execution_id = item.execution_id
   WHERE i.id = f.incident_id AND i.execution_id = item.execution_id AND i.root_causes <> item.root_causes
  RETURNING i.id`);

/**
 * The open failures without an event, an hour after they were reported: they had ended long before their report, and
 * an import would have reported their success by now. By ix_incident_open.
 */
export const UNHEARD_FAILURES = `
  SELECT i.id
    FROM incident i
   WHERE i.kind = 'failure' AND i.resolved_at IS NULL AND i.notified_at IS NULL
     AND i.opened_at < $1::timestamptz - interval '1 hour'
   ORDER BY i.id`;
