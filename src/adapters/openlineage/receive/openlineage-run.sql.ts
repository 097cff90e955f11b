import { prepared } from '../../../platform/database/prepared-statements.js';

/**
 * The lock of the receiver, one for all events: 'olin' in ASCII. The transactions that receive events follow one
 * another, so that each sees all that the earlier ones have heard.
 */
const RECEIVER = 0x6f_6c_69_6e;

/** Waits for up to $1 for the lock; other statements of the transaction wait for locks no longer than before. */
export const LOCK_RECEIVER = prepared(`
  SELECT set_config('watcher.lock_timeout', current_setting('lock_timeout'), true), set_config('lock_timeout', '2s', true),
         pg_advisory_xact_lock(${RECEIVER})`);

/**
 * Later statements of the transaction wait for locks no longer than those of others. Returns whether any claim of a
 * parent is refused. Uses ix_openlineage_run_refused.
 */
export const AFTER_LOCK = prepared(`
  SELECT set_config('lock_timeout', current_setting('watcher.lock_timeout'), true),
         (SELECT r.run_id FROM openlineage_run r WHERE r.parent_refused ORDER BY r.run_id LIMIT 1) IS NOT NULL AS "isAnyRefused"`);

/** Times with six decimals, see `Instant`. */
const RUN = `
         r.run_id AS "runId", r.execution_id AS "executionId", r.pipeline_id AS "pipelineId",
         to_char(r.named_first AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "namedFirst",
         to_char(r.seen_first AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "seenFirst",
         to_char(r.start_first AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "startFirst",
         to_char(r.start_last AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "startLast",
         to_char(r.running_last AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "runningLast",
         to_char(r.complete_last AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "completeLast",
         to_char(r.abort_last AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "abortLast",
         to_char(r.fail_last AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "failLast",
         r.parent_refused AS "isParentRefused", r.facts`;

/** Uses pk_openlineage_run. */
export const FIND_RUNS = prepared(`
  SELECT ${RUN}
    FROM openlineage_run r
   WHERE r.run_id = ANY (ARRAY (SELECT unnest($1::uuid[])))`);

/** Uses ix_openlineage_run_execution. */
export const FIND_RUNS_OF_EXECUTIONS = prepared(`
  SELECT ${RUN}
    FROM openlineage_run r
   WHERE r.execution_id = ANY (ARRAY (SELECT unnest($1::bigint[])))`);

/** Writes what was heard of runs. */
export const WRITE_RUNS = prepared(`
  INSERT INTO openlineage_run AS r (run_id, execution_id, pipeline_id, named_first, seen_first, start_first, start_last,
                                    running_last, complete_last, abort_last, fail_last, parent_run_id, parent_at,
                                    parent_refused, attempt, map_index, facts)
  SELECT item.*
    FROM jsonb_to_recordset($1::jsonb) AS item (
           run_id uuid, execution_id bigint, pipeline_id bigint, named_first timestamptz, seen_first timestamptz,
           start_first timestamptz, start_last timestamptz, running_last timestamptz, complete_last timestamptz,
           abort_last timestamptz, fail_last timestamptz, parent_run_id uuid, parent_at timestamptz,
           parent_refused bool, attempt smallint, map_index int, facts jsonb)
      ON CONFLICT (run_id) DO UPDATE
     SET pipeline_id = excluded.pipeline_id, named_first = excluded.named_first, seen_first = excluded.seen_first,
         start_first = excluded.start_first, start_last = excluded.start_last, running_last = excluded.running_last,
         complete_last = excluded.complete_last, abort_last = excluded.abort_last, fail_last = excluded.fail_last,
         parent_run_id = excluded.parent_run_id, parent_at = excluded.parent_at,
         parent_refused = excluded.parent_refused, attempt = excluded.attempt, map_index = excluded.map_index,
         facts = excluded.facts`);

/**
 * The attempts in the slots $1 (parents) and $2 (pipelines): whether each has a later one. Uses
 * ix_openlineage_run_parent.
 */
export const RANK_ATTEMPTS = prepared(`
  SELECT r.execution_id AS id, r.pipeline_id AS "pipelineId",
         r.attempt < max(r.attempt) OVER (PARTITION BY r.parent_run_id, r.pipeline_id, r.map_index) AS superseded
    FROM (SELECT DISTINCT * FROM unnest($1::uuid[], $2::bigint[]) AS s (parent_run_id, pipeline_id)) AS slot
    JOIN openlineage_run r ON r.parent_run_id = slot.parent_run_id AND r.pipeline_id = slot.pipeline_id
   WHERE r.attempt IS NOT NULL AND NOT r.parent_refused`);

/** The attempts in the slot of an execution. Uses ix_openlineage_run_execution and ix_openlineage_run_parent. */
export const FIND_ATTEMPTS = `
  SELECT r.execution_id AS id
    FROM openlineage_run own
    JOIN openlineage_run r ON r.parent_run_id = own.parent_run_id AND r.pipeline_id = own.pipeline_id
                          AND r.map_index = own.map_index
   WHERE own.execution_id = $1::bigint AND own.attempt IS NOT NULL AND NOT own.parent_refused
     AND r.attempt IS NOT NULL AND NOT r.parent_refused`;

/** Those of these executions that are runs. Uses ix_openlineage_run_execution. */
export const FIND_OWN = `
  SELECT r.execution_id AS id FROM openlineage_run r WHERE r.execution_id = ANY ($1::bigint[])`;

/**
 * The runs that all above them have left before a moment, and of which nothing was heard since. See
 * watcher_left_running; uses ix_openlineage_run_execution.
 */
export const FIND_LEFT = `
  WITH silent AS MATERIALIZED (
    SELECT l.id, l.start_date FROM watcher_left_running($1::timestamptz) l
  )
  SELECT silent.id, greatest(silent.start_date, r.running_last) AS "heardAt"
    FROM silent
    JOIN openlineage_run r ON r.execution_id = silent.id
   WHERE greatest(silent.start_date, r.start_last, r.running_last) < $1::timestamptz
   ORDER BY silent.id
   LIMIT $2::int`;

/** Uses pk_openlineage_job. */
export const FIND_JOBS = prepared(`
  SELECT j.pipeline_id AS "pipelineId", j.facts FROM openlineage_job j WHERE j.pipeline_id = ANY (ARRAY (SELECT unnest($1::bigint[])))`);

export const WRITE_JOBS = prepared(`
  INSERT INTO openlineage_job AS j (pipeline_id, facts)
  SELECT item.pipeline_id, item.facts
    FROM unnest($1::bigint[], $2::jsonb[]) AS item (pipeline_id, facts)
      ON CONFLICT (pipeline_id) DO UPDATE SET facts = excluded.facts`);
