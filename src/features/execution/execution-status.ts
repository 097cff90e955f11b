/**
 * The statuses of an execution, as in the CHECK constraint `ck_pipeline_execution_status`. `expected`: named as a
 * parent, but its own start has not been reported. `lost`: without a report for so long that its end is no longer
 * awaited.
 */
export const STATUSES = ['expected', 'running', 'succeeded', 'failed', 'aborted', 'skipped', 'lost'] as const;
export type Status = (typeof STATUSES)[number];

/** The statuses that an end may report. */
export const REPORTED_ENDS = ['succeeded', 'failed', 'aborted', 'skipped'] as const satisfies readonly Status[];
export type ReportedEnd = (typeof REPORTED_ENDS)[number];

/**
 * Whether an execution with the status has ended. An expected one has not, although its `end_date` is set: that date
 * follows its known children.
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

/** Whether an end may still be reported. An end overrides the status lost. */
export const TAKES_END: Record<Status, boolean> = {
  expected: true,
  running: true,
  succeeded: false,
  failed: false,
  aborted: false,
  skipped: false,
  lost: true,
};

/** Whether the status is a failure: it opens an incident for a root and may be its root cause. */
export const IS_FAILURE: Record<Status, boolean> = {
  expected: false,
  running: false,
  succeeded: false,
  failed: true,
  aborted: false,
  skipped: false,
  lost: false,
};

/** Whether the status is a success: it moves the pipeline's watermark and resolves its failure. */
export const IS_SUCCESS: Record<Status, boolean> = {
  expected: false,
  running: false,
  succeeded: true,
  failed: false,
  aborted: false,
  skipped: false,
  lost: false,
};

/** The value of `completed_successfully` for each status. */
export const COMPLETED_SUCCESSFULLY: Record<Status, boolean | null> = {
  expected: null,
  running: null,
  succeeded: true,
  failed: false,
  aborted: null,
  skipped: null,
  lost: null,
};

/** Must match the partial indexes of executions that ended without a result. */
const WITHOUT_RESULT = 'e.completedSuccessfully IS NULL AND e.endDate IS NOT NULL';

/**
 * The SQL condition for each status, on entity properties under the alias `e`. The conditions match the partial
 * indexes, and also hold for rows whose `status` is not filled in yet; see {@link statusOf}.
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

/** The columns that determine the status of an execution. */
export interface StoredStatus {
  /** Null in a row older than the column, until `ExecutionSettlementService` fills it in. */
  readonly status: Status | null;
  /** Not null once the execution has ended. */
  readonly endDate: unknown;
  readonly completedSuccessfully: boolean | null;
}

/**
 * The status of an execution: the stored one, unless an older version of the service has ended the execution and left
 * the column at running. `STATUS` in `database/views/conditions.ts` is the same rule in SQL.
 */
export function statusOf({ status, endDate, completedSuccessfully }: StoredStatus): Status {
  if (status !== null && status !== 'running') return status;
  if (endDate === null) return 'running';
  return completedSuccessfully ? 'succeeded' : 'failed';
}
