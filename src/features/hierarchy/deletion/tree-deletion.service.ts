import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { TransactionRunner } from '../../../platform/database/transaction-runner.js';
import { ExecutionNotFoundError, NotARootError, TreeRunningError } from '../../execution/execution.errors.js';
import { ExecutionDeletionService } from '../../execution/execution-deletion.service.js';
import { PipelineDeletionService } from '../../pipeline/pipeline-deletion.service.js';
import { PipelineHasExecutionsError, PipelineInOtherTreesError } from '../../pipeline/pipeline.errors.js';
import { TreeDeletionRepository } from './tree-deletion.repository.js';

/** How many trees one transaction deletes; starts and moves wait for it. */
const TREES_AT_ONCE = 500;

/** Deletes whole trees of executions, and pipelines with theirs. */
@Injectable()
export class TreeDeletionService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly trees: TreeDeletionRepository,
    private readonly executions: ExecutionDeletionService,
    private readonly pipelines: PipelineDeletionService,
  ) {}

  /**
   * Deletes a pipeline; with `cascade` its trees too, some at a time, and the pipeline with the last. Throws
   * `PipelineNotFoundError`, {@link PipelineHasExecutionsError} or {@link PipelineInOtherTreesError}; the last one
   * before anything is deleted, unless an execution is moved to another tree meanwhile.
   */
  async deletePipeline(id: number, cascade: boolean): Promise<void> {
    await this.transactions.read(async (manager) => {
      await this.pipelines.require(manager, id);
      if (await this.executions.isInOtherTrees(manager, id)) throw new PipelineInOtherTreesError(id);
    });
    for (let isDone = false; !isDone;) {
      const begun = performance.now();
      isDone = await this.transactions.run((manager) => this.deleteNext(manager, id, cascade));
      // As long as starts have waited, they go first.
      if (!isDone) await sleep(performance.now() - begun);
    }
  }

  /**
   * Deletes the tree with this root, in one transaction. Throws {@link ExecutionNotFoundError}, {@link NotARootError}, or
   * {@link TreeRunningError} if an execution in it has not ended.
   */
  deleteTree(id: number): Promise<void> {
    return this.transactions.run(async (manager) => {
      await this.executions.lockTrees(manager);
      const nodes = await this.trees.findTree(manager, id);
      const root = nodes.find((node) => node.id === id);
      if (!root) throw new ExecutionNotFoundError(id);
      if (root.parentId !== null) throw new NotARootError(id);
      if (nodes.some(({ isOpen }) => isOpen)) throw new TreeRunningError(id);
      await this.executions.delete(
        manager,
        [id],
        nodes.map((node) => node.id),
      );
    });
  }

  /** Deletes the next trees of the pipeline, or if there are none, the pipeline; true in the latter case. */
  private async deleteNext(manager: EntityManager, id: number, cascade: boolean): Promise<boolean> {
    await this.executions.lock(manager);
    await this.pipelines.require(manager, id);
    if (!cascade && (await this.executions.hasExecutions(manager, id))) throw new PipelineHasExecutionsError(id);
    const roots = await this.executions.findRoots(manager, id, TREES_AT_ONCE);
    if (roots.length > 0) await this.executions.delete(manager, roots, await this.trees.findTrees(manager, roots));
    if (roots.length === TREES_AT_ONCE) return false;
    if (await this.executions.hasExecutions(manager, id)) throw new PipelineInOtherTreesError(id);
    await this.pipelines.delete(manager, id);
    return true;
  }
}
