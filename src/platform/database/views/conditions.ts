/**
 * The states of an execution as conditions on its row, in the form of the partial indexes. They hold for every row,
 * including rows of an older version of the service whose `status` is not yet settled.
 */
export const FAILED = 'completed_successfully = false';
export const SUCCEEDED = 'completed_successfully = true';
export const RUNNING = 'end_date IS NULL';
/** Of executions that are expected, aborted, skipped or lost. */
export const WITHOUT_RESULT = 'completed_successfully IS NULL AND end_date IS NOT NULL';

/**
 * The status of an execution under the alias `e`: the stored one, or the one that the dates imply if an older version
 * of the service has ended the execution, or has written the row before the column existed.
 */
export const STATUS = `
         CASE WHEN coalesce(e.status, 'running') <> 'running' THEN e.status::text
              WHEN e.end_date IS NULL THEN 'running'
              WHEN e.completed_successfully THEN 'succeeded' ELSE 'failed' END`;
