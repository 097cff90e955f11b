/** How long after its schedule a run may start, where the pipeline does not say so. */
const GRACE = `coalesce(watcher_interval(p.start_grace_number, p.start_grace_datepart), interval '15 minutes')`;

/**
 * The pipelines with an expected start whose grace is over at $1, locked, and the moment before which starts are
 * missed; pipelines that another check has locked are left out. A grace of a thousand years never ends. By
 * ix_pipeline_next_expected and pk_pipeline_type.
 */
export const TAKE_DUE = `
  SELECT p.id AS "pipelineId", p.schedule, coalesce(p.schedule_timezone, 'UTC') AS timezone,
         p.next_expected_at AS "expectedAt",
         ($1::timestamptz AT TIME ZONE 'UTC' - ${GRACE}) AT TIME ZONE 'UTC' AS "missedBefore",
         p.active AND NOT p.archived AND NOT p.mute_schedule_check AS "isWatched"
    FROM pipeline p
   WHERE p.next_expected_at < $1::timestamptz AND p.schedule IS NOT NULL AND ${GRACE} < interval '1000 years'
     AND p.next_expected_at < ($1::timestamptz AT TIME ZONE 'UTC' - least(${GRACE}, interval '1000 years'))
                              AT TIME ZONE 'UTC'
   ORDER BY p.id
   LIMIT $2::int
     FOR NO KEY UPDATE OF p SKIP LOCKED`;

/** Sets the next expected starts. Not a change of the pipeline: `updated_at` stays. By pk_pipeline. */
export const SET_NEXT_EXPECTED = `
  UPDATE pipeline p
     SET next_expected_at = item.next
    FROM unnest($1::bigint[], $2::timestamptz[]) AS item (id, next)
   WHERE p.id = item.id`;
