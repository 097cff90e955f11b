import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type EndedExecution, ExecutionEvents } from '../../execution/execution.events.js';
import { IS_FAILURE, IS_SUCCESS, statusOf } from '../../execution/execution-status.js';
import { type TreeFailure, TreeFailureService } from '../../hierarchy/tree-failure.service.js';
import type { IncidentRootCause } from './incident.entity.js';
import { IncidentEvents } from './incident.events.js';
import { type FailedTree, IncidentRepository, type Success } from './incident.repository.js';

/** The most root causes that an incident names; one tree may have thousands. */
const MAX_ROOT_CAUSES = 50;
/** The most characters of a root cause's error message that an incident keeps. */
const MAX_ERROR = 1000;

/**
 * Watches the ends as they are written: a root that failed opens one incident for its whole tree, the pipeline's next
 * success resolves it, and what ended late is noted for the next timeliness check. All in the end's own transaction, so
 * that an end and what follows from it are one thing.
 */
@Injectable()
export class FailureWatchService implements OnModuleInit {
  constructor(
    private readonly executionEvents: ExecutionEvents,
    private readonly trees: TreeFailureService,
    private readonly incidents: IncidentRepository,
    private readonly events: IncidentEvents,
  ) {}

  onModuleInit(): void {
    this.executionEvents.ended.listen((manager, ended) => this.judge(manager, ended));
  }

  private async judge(manager: EntityManager, ended: readonly EndedExecution[]): Promise<void> {
    const now = new Date();
    // An attempt that has been repeated already is judged by the one that repeats it.
    const failedRoots = ended.filter((e) => IS_FAILURE[statusOf(e)] && e.parentId === null && !e.superseded);
    if (failedRoots.length > 0) await this.open(manager, failedRoots, now);
    const successes = latestSuccesses(ended);
    if (successes.length > 0) {
      const resolved = await this.incidents.resolveFailures(manager, successes, now);
      await this.events.announce(manager, 'resolved', resolved, now);
    }
    const late = ended.filter((e) => e.deadline && e.endDate > e.deadline).map(({ id }) => id);
    if (late.length > 0) await this.incidents.noteLateEnds(manager, late);
  }

  private async open(manager: EntityManager, roots: readonly EndedExecution[], now: Date): Promise<void> {
    const ids = roots.map(({ id }) => id);
    const causes = Map.groupBy(await this.trees.rootCauses(manager, ids, MAX_ROOT_CAUSES), (cause) => cause.root_id);
    const trees = roots.map((root): FailedTree => {
      const ofTree = causes.get(root.id) ?? [];
      return {
        pipeline_id: root.pipelineId,
        execution_id: root.id,
        since: root.endDate,
        root_causes: ofTree.map(toRootCause),
        root_cause_count: ofTree[0]?.total ?? 0,
      };
    });
    await this.events.announce(manager, 'opened', await this.incidents.openFailures(manager, trees, now), now);
  }
}

function toRootCause(failure: TreeFailure): IncidentRootCause {
  return {
    execution_id: failure.execution_id,
    pipeline_id: failure.pipeline_id,
    pipeline_name: failure.pipeline_name,
    error_message: failure.error_message && [...failure.error_message].slice(0, MAX_ERROR).join(''),
  };
}

/** The pipelines that succeeded, each with its latest end. */
function latestSuccesses(ended: readonly EndedExecution[]): Success[] {
  const latest = new Map<number, Date>();
  for (const execution of ended) {
    const { endDate, pipelineId } = execution;
    if (!IS_SUCCESS[statusOf(execution)]) continue;
    const known = latest.get(pipelineId);
    if (!known || known < endDate) latest.set(pipelineId, endDate);
  }
  return [...latest].map(([pipelineId, endDate]) => ({ pipelineId, endDate }));
}
