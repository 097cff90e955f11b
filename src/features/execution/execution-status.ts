/**
 * What an execution can be; as in the CHECK constraint of the column, `ck_pipeline_execution_status`. `expected`: named as
 * a parent, its own start not reported yet. `lost`: silent for so long that nobody waits for its end any more.
 */
export const STATUSES = ['expected', 'running', 'succeeded', 'failed', 'aborted', 'skipped', 'lost'] as const;
export type Status = (typeof STATUSES)[number];

/** The statuses that the report of an end gives. */
export const REPORTED_ENDS = ['succeeded', 'failed', 'aborted', 'skipped'] as const satisfies readonly Status[];
export type ReportedEnd = (typeof REPORTED_ENDS)[number];

/**
 * Whether an execution with the status has ended. An expected one has not, although its `end_date` is set: it lasts as
 * long as what is known of its children.
 */
export const IS_TERMINAL = {
  expected: false,
  running: false,
  succeeded: true,
  failed: true,
  aborted: true,
  skipped: true,
  lost: true,
} as const satisfies Record<Status, boolean>;

/** The statuses of an execution that has ended. */
export type TerminalStatus = {
  [S in Status]: (typeof IS_TERMINAL)[S] extends true ? S : never;
}[Status];

export const TERMINAL_STATUSES = STATUSES.filter((status): status is TerminalStatus => IS_TERMINAL[status]);

/** Whether an end is still to be reported. That of a lost execution counts more than its silence. */
export const TAKES_END: Record<Status, boolean> = {
  expected: true,
  running: true,
  succeeded: false,
  failed: false,
  aborted: false,
  skipped: false,
  lost: true,
};

/** Whether it is a failure: opens an incident for a root, and may be the cause of one. */
export const IS_FAILURE: Record<Status, boolean> = {
  expected: false,
  running: false,
  succeeded: false,
  failed: true,
  aborted: false,
  skipped: false,
  lost: false,
};

/** Whether it is a success: moves the pipeline's watermark on, and ends the pipeline's failure. */
export const IS_SUCCESS: Record<Status, boolean> = {
  expected: false,
  running: false,
  succeeded: true,
  failed: false,
  aborted: false,
  skipped: false,
  lost: false,
};

/** The column `completed_successfully` for each. */
export const COMPLETED_SUCCESSFULLY: Record<Status, boolean | null> = {
  expected: null,
  running: null,
  succeeded: true,
  failed: false,
  aborted: null,
  skipped: null,
  lost: null,
};

/** As in the partial indexes of those that have an end without a result. */
const WITHOUT_RESULT = 'e.completedSuccessfully IS NULL AND e.endDate IS NOT NULL';

/**
 * What each is in the row, as properties of the entity under the alias `e`. Written as the partial indexes are, so that
 * they serve it; and so that it holds for rows whose `status` is not settled yet, see {@link statusOf}.
 */
export const STATUS_CONDITIONS: Record<Status, string> = {
  expected: `e.status = 'expected' AND ${WITHOUT_RESULT}`,
  running: 'e.endDate IS NULL',
  succeeded: 'e.completedSuccessfully = true',
  failed: 'e.completedSuccessfully = false',
  aborted: `e.status = 'aborted' AND ${WITHOUT_RESULT}`,
  skipped: `e.status = 'skipped' AND ${WITHOUT_RESULT}`,
  lost: `e.status = 'lost' AND ${WITHOUT_RESULT}`,
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
