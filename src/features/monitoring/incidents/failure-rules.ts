import type { EndedExecution } from '../../execution/execution.events.js';
import { IS_FAILURE, IS_SUCCESS, statusOf } from '../../execution/execution-status.js';
import type { TreeFailure } from '../../hierarchy/tree-failure.service.js';
import type {
  Causes,
  FailedTree,
  FailureIncident,
  FailureLock,
  JoinedFailures,
  Success,
} from './failure.repository.js';
import type { IncidentRootCause } from './incident.entity.js';

/** The most root causes that an incident names; one tree may have thousands. */
export const MAX_ROOT_CAUSES = 50;
/** The most characters of a root cause's error message that an incident stores. */
const MAX_ERROR = 1000;
/**
 * How long after the last message a further failure causes a reminder: a day, less an hour, because a nightly run may
 * fail earlier than the night before.
 */
const REPEAT_AFTER_MS = 23 * 60 * 60_000;
/**
 * The number of locks shared by all pipelines, and of those shared by all trees: a batch holds at most as many, since
 * the server has room for some thousands in all.
 */
const LOCKS = 128;

/**
 * The locks of a batch, ascending: one for each pipeline, in shared mode for pipelines that only succeeded; one for
 * each tree with a failure, or with changed causes.
 */
export function failureLocks(
  failed: readonly EndedExecution[],
  corrections: readonly EndedExecution[],
  successes: readonly Success[],
): FailureLock[] {
  const exclusive = new Set<number>();
  for (const { rootId } of [...failed, ...corrections]) exclusive.add(LOCKS + (rootId % LOCKS));
  for (const { parentId, pipelineId } of failed) if (parentId === null) exclusive.add(pipelineId % LOCKS);
  const keys = new Set([...successes.map(({ pipelineId }) => pipelineId % LOCKS), ...exclusive]);
  return [...keys].toSorted((a, b) => a - b).map((key) => ({ key, exclusive: exclusive.has(key) }));
}

/** The same for pipelines whose failures are derived anew: those in `failing` may get an incident. */
export function restatedLocks(
  pipelineIds: readonly number[],
  failing: ReadonlySet<number>,
  tops: readonly { readonly rootId: number }[],
): FailureLock[] {
  const exclusive = new Set(tops.map(({ rootId }) => LOCKS + (rootId % LOCKS)));
  for (const id of failing) exclusive.add(id % LOCKS);
  const keys = new Set([...pipelineIds.map((id) => id % LOCKS), ...exclusive]);
  return [...keys].toSorted((a, b) => a - b).map((key) => ({ key, exclusive: exclusive.has(key) }));
}

/** Whether an end may change the causes of its tree: a failure below the root, or an execution that repeats another one. */
export function changesCauses(execution: EndedExecution): boolean {
  return execution.parentId !== null && (IS_FAILURE[statusOf(execution)] || execution.attempt > 1);
}

/** The pipelines that succeeded, each with its latest end. */
export function latestSuccesses(ended: readonly EndedExecution[]): Success[] {
  const latest = new Map<number, Date>();
  for (const execution of ended) {
    const { endDate, pipelineId } = execution;
    if (!IS_SUCCESS[statusOf(execution)]) continue;
    const known = latest.get(pipelineId);
    if (!known || known < endDate) latest.set(pipelineId, endDate);
  }
  return [...latest].map(([pipelineId, endDate]) => ({ pipelineId, endDate }));
}

/** The causes of each of these trees, in their order; empty for a tree without failures. */
export function causesOf(rootIds: readonly number[], failures: readonly TreeFailure[]): Causes[] {
  const byRoot = Map.groupBy(failures, (failure) => failure.root_id);
  return rootIds.map((execution_id) => {
    const ofTree = byRoot.get(execution_id) ?? [];
    return { execution_id, root_causes: ofTree.map(toRootCause), root_cause_count: ofTree[0]?.total ?? 0 };
  });
}

/** One item for each pipeline: its last failure by end date, and the number of failures. */
export function joinByPipeline(trees: readonly FailedTree[]): JoinedFailures[] {
  return [...Map.groupBy(trees, (tree) => tree.pipeline_id).values()].map((ofPipeline) => {
    const last = ofPipeline.reduce((a, b) => (isLater(b, a) ? b : a));
    return { ...last, occurrences: ofPipeline.length };
  });
}

/**
 * Selects the events for the incidents that failures opened or joined: `opened`, or a reminder once a day. None if the
 * last failure ended longer than `maxAgeMs` ago: it may be history, and the next report its success.
 */
export function newsOf(
  { notified_at, since }: Pick<FailureIncident, 'notified_at' | 'since'>,
  now: Date,
  maxAgeMs: number,
): 'opened' | 'repeated' | null {
  if (now.getTime() - since.getTime() > maxAgeMs) return null;
  if (notified_at === null) return 'opened';
  return now.getTime() - notified_at.getTime() >= REPEAT_AFTER_MS ? 'repeated' : null;
}

function isLater(a: FailedTree, b: FailedTree): boolean {
  return (a.since.getTime() - b.since.getTime() || a.execution_id - b.execution_id) > 0;
}

function toRootCause(failure: TreeFailure): IncidentRootCause {
  return {
    execution_id: failure.execution_id,
    pipeline_id: failure.pipeline_id,
    pipeline_name: failure.pipeline_name,
    error_message: failure.error_message && [...failure.error_message].slice(0, MAX_ERROR).join(''),
  };
}
