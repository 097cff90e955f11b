/** What an execution can be; as in the CHECK constraint of the column, `ck_pipeline_execution_status`. */
export const STATUSES = ['running', 'succeeded', 'failed'] as const;
export type Status = (typeof STATUSES)[number];

/** Whether an execution with the status has ended, so that its `end_date` is set. */
export const IS_TERMINAL = { running: false, succeeded: true, failed: true } as const satisfies Record<Status, boolean>;

/** The statuses that an end gives. */
export type TerminalStatus = {
  [S in Status]: (typeof IS_TERMINAL)[S] extends true ? S : never;
}[Status];

export const TERMINAL_STATUSES = STATUSES.filter((status): status is TerminalStatus => IS_TERMINAL[status]);

/** Whether it is a failure: opens an incident for a root, and may be the cause of one. */
export const IS_FAILURE: Record<Status, boolean> = { running: false, succeeded: false, failed: true };

/** Whether it is a success: moves the pipeline's watermark on, and ends the pipeline's failure. */
export const IS_SUCCESS: Record<Status, boolean> = { running: false, succeeded: true, failed: false };

/** The column `completed_successfully` for each. */
export const COMPLETED_SUCCESSFULLY: Record<Status, boolean | null> = { running: null, succeeded: true, failed: false };

/**
 * What each is in the row, as properties of the entity under the alias `e`. Written as the partial indexes are, so that
 * they serve it; and so that it holds for rows whose `status` is not settled yet, see {@link statusOf}.
 */
export const STATUS_CONDITIONS: Record<Status, string> = {
  running: 'e.endDate IS NULL',
  succeeded: 'e.completedSuccessfully = true',
  failed: 'e.completedSuccessfully = false',
};

/** The columns that the status of an execution is read from. */
export interface StoredStatus {
  /** Null in a row from before the column, until `ExecutionSettlementService` has filled it in. */
  readonly status: Status | null;
  /** Any value but null when it has ended. */
  readonly endDate: unknown;
  readonly completedSuccessfully: boolean | null;
}

/**
 * The status of an execution. The stored one counts, unless an older version of the service has ended the execution and
 * left it at running. `STATUS` in `database/views/conditions.ts` is the same rule in SQL.
 */
export function statusOf({ status, endDate, completedSuccessfully }: StoredStatus): Status {
  if (status !== null && status !== 'running') return status;
  if (endDate === null) return 'running';
  return completedSuccessfully ? 'succeeded' : 'failed';
}
