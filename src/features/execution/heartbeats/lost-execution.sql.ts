/** How long a service may be away without a break in its listening to heartbeats. */
const SHORT_BREAK = `interval '2 minutes'`;

/**
 * Records a check at $1 by a service that has been able to receive heartbeats since $2, and returns since when
 * heartbeats were received without a break; null if no break is known.
 */
export const NOTE_CHECK = `
  INSERT INTO heartbeat_watch AS w (checked_at)
  VALUES ($1::timestamptz)
      ON CONFLICT (id) DO UPDATE
     SET checked_at = greatest(w.checked_at, excluded.checked_at),
         listening_since = CASE WHEN w.checked_at + ${SHORT_BREAK} < $2::timestamptz THEN $2::timestamptz
                                ELSE w.listening_since END
  RETURNING w.listening_since AS "listeningSince"`;

/** Deletes the heartbeats of executions that have ended; by pk_pipeline_execution. */
export const DELETE_ENDED = `
  DELETE FROM execution_heartbeat h
   USING watcher_execution_deadlines(ARRAY(SELECT beating.execution_id FROM execution_heartbeat beating)) e
   WHERE h.execution_id = e.id AND e.end_date IS NOT NULL`;

/**
 * The running executions without a heartbeat for as long as their pipeline, or its type, allows; by default for three
 * times their median time between heartbeats, and at least 10 minutes. The silence before $2 does not count: the
 * service could not hear. Reads all heartbeats; by pk_pipeline_execution and pk_pipeline.
 */
export const FIND_SILENT = `
  WITH beating AS MATERIALIZED (
    SELECT h.execution_id, h.at, h.gaps, greatest(h.at, $2::timestamptz) AS heard_at
      FROM execution_heartbeat h
     WHERE h.at < $1::timestamptz - interval '1 minute'
  )
  SELECT beating.execution_id AS id, beating.at AS "heardAt"
    FROM beating
    JOIN watcher_execution_deadlines(ARRAY(SELECT b.execution_id FROM beating b)) e ON e.id = beating.execution_id
    JOIN watcher_pipeline_threshold p ON p.pipeline_id = e.pipeline_id
   WHERE e.end_date IS NULL
     AND CASE WHEN p.lost_after_number IS NULL
              THEN beating.heard_at + greatest(interval '10 minutes',
                     (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY gap) FROM unnest(beating.gaps) gap)
                     * interval '3 seconds')
              ELSE watcher_due(beating.heard_at, p.lost_after_number, p.lost_after_datepart) END < $1::timestamptz
   ORDER BY beating.execution_id
   LIMIT $3::int`;

/** The executions that no report was received of since a moment, and without heartbeats; see `database/views`. */
export const FIND_ABANDONED = `
  SELECT found.id, found.heard_at AS "heardAt"
    FROM watcher_abandoned_executions($1::timestamptz) found
   WHERE NOT EXISTS (SELECT FROM execution_heartbeat h WHERE h.execution_id = found.id)
   ORDER BY found.id
   LIMIT $2::int`;
