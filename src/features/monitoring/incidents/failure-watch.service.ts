import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type EndedExecution, ExecutionEvents } from '../../execution/execution.events.js';
import { IS_FAILURE, statusOf } from '../../execution/execution-status.js';
import { TreeFailureService } from '../../hierarchy/tree-failure.service.js';
import {
  causesOf,
  changesCauses,
  failureLocks,
  joinByPipeline,
  latestSuccesses,
  MAX_ROOT_CAUSES,
} from './failure-rules.js';
import { FailureNewsService } from './failure-news.service.js';
import { type FailedTree, FailureRepository } from './failure.repository.js';

/**
 * Processes ends in their own transaction, so that an end and its consequences commit together: failed roots open the
 * incident of their pipeline or join it, the pipeline's next success resolves it, and an execution that fails after
 * its root, or repeats another one after it, corrects the causes.
 *
 * A pipeline's failure is open as long as no successful run of the pipeline has ended since, in whatever order the
 * ends were reported. Advisory locks ensure this for ends that commit at the same moment.
 */
@Injectable()
export class FailureWatchService implements OnModuleInit {
  constructor(
    private readonly executionEvents: ExecutionEvents,
    private readonly trees: TreeFailureService,
    private readonly failures: FailureRepository,
    private readonly news: FailureNewsService,
  ) {}

  onModuleInit(): void {
    this.executionEvents.ended.listen((manager, ended) => this.judge(manager, ended));
  }

  /**
   * Returns the open failures without an event, an hour after they were reported: they had ended long before their
   * report, and an import would have reported their success by now.
   */
  unheard(manager: EntityManager, now: Date): Promise<number[]> {
    return this.failures.unheard(manager, now);
  }

  private async judge(manager: EntityManager, all: readonly EndedExecution[]): Promise<void> {
    const now = new Date();
    const ended = all.filter(({ isRestated }) => isRestated !== true);
    const failed = ended.filter((execution) => IS_FAILURE[statusOf(execution)]);
    const successes = latestSuccesses(ended);
    const corrections = ended.filter(changesCauses);
    const locks = failureLocks(failed, corrections, successes);
    if (locks.length === 0) return;
    const pipelineIds = successes.map(({ pipelineId }) => pipelineId);
    const areOpen = await this.failures.lock(manager, locks, pipelineIds);
    const resolved = areOpen ? await this.failures.resolve(manager, successes, now) : [];
    await this.news.resolved(manager, resolved, now);
    await this.correct(manager, corrections);
    await this.open(manager, failed, now);
  }

  /** Updates the causes of trees whose root failed before an execution below it did, or was repeated. */
  private async correct(manager: EntityManager, corrections: readonly EndedExecution[]): Promise<void> {
    const roots = new Set(corrections.map(({ rootId }) => rootId));
    if (roots.size === 0) return;
    const named = await this.failures.named(manager, [...roots]);
    if (named.length === 0) return;
    const found = causesOf(named, await this.trees.rootCauses(manager, named, MAX_ROOT_CAUSES));
    await this.failures.correctCauses(manager, found);
  }

  private async open(manager: EntityManager, failed: readonly EndedExecution[], now: Date): Promise<void> {
    // An attempt that has been repeated already is judged by the one that repeats it.
    const roots = failed.filter((e) => e.parentId === null && !e.superseded);
    if (roots.length === 0) return;
    const trees = await this.treesOf(manager, roots);
    const successes = await this.failures.lastSuccesses(manager, [...new Set(trees.map((tree) => tree.pipeline_id))]);
    const isOvertaken = ({ pipeline_id, since }: FailedTree): boolean => {
      const success = successes.get(pipeline_id);
      return success !== undefined && success >= since;
    };
    const overtaken = trees.filter(isOvertaken);
    if (overtaken.length > 0) await this.failures.keepOvertaken(manager, overtaken, now);
    const current = trees.filter((tree) => !isOvertaken(tree));
    if (current.length > 0) await this.join(manager, current, now);
  }

  private async treesOf(manager: EntityManager, roots: readonly EndedExecution[]): Promise<FailedTree[]> {
    const ids = roots.map(({ id }) => id);
    const found = causesOf(ids, await this.trees.rootCauses(manager, ids, MAX_ROOT_CAUSES));
    return roots.map((root, index) => ({
      execution_id: root.id,
      root_id: root.id,
      root_causes: [],
      root_cause_count: 0,
      ...found[index],
      pipeline_id: root.pipelineId,
      since: root.endDate,
    }));
  }

  private async join(manager: EntityManager, trees: readonly FailedTree[], now: Date): Promise<void> {
    const joined = joinByPipeline(trees);
    const incidents = await this.failures.open(manager, joined, now);
    const byPipeline = new Map(incidents.map((incident) => [incident.pipeline_id, incident.id]));
    const kept = trees.flatMap(({ execution_id, pipeline_id, since }) => {
      const incident_id = byPipeline.get(pipeline_id);
      return incident_id === undefined ? [] : [{ execution_id, incident_id, since }];
    });
    if (kept.length > 0) await this.failures.keep(manager, kept);
    await this.news.announce(manager, incidents, now);
  }
}
