/**
 * What the states of an execution are in its row, written as the partial indexes are. They hold for every row, also for
 * one that an older version of the service has written and whose `status` is still to be settled.
 */
export const FAILED = 'completed_successfully = false';
export const SUCCEEDED = 'completed_successfully = true';
export const RUNNING = 'end_date IS NULL';
/** Of executions that are expected, aborted, skipped or lost. */
export const WITHOUT_RESULT = 'completed_successfully IS NULL AND end_date IS NOT NULL';

/**
 * The status of an execution under the alias `e`: the stored one, or what the dates say where an older version of the
 * service has ended the execution, or has written the row before the column was there.
 */
export const STATUS = `
         CASE WHEN coalesce(e.status, 'running') <> 'running' THEN e.status::text
              WHEN e.end_date IS NULL THEN 'running'
              WHEN e.completed_successfully THEN 'succeeded' ELSE 'failed' END`;
