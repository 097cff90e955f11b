import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ChangeLog } from '../changes/change-log.js';
import { ExecutionDeletionRepository } from './execution-deletion.repository.js';

/** Deletes executions, in the caller's transaction. Whole trees only: the caller passes all executions of a tree. */
@Injectable()
export class ExecutionDeletionService {
  constructor(
    private readonly executions: ExecutionDeletionRepository,
    private readonly changes: ChangeLog,
  ) {}

  /**
   * Waits for the starts and moves that have begun, and makes later ones wait until the transaction ends. To be called
   * before the first read.
   */
  lock(manager: EntityManager): Promise<void> {
    return this.executions.lock(manager);
  }

  /**
   * The same for starts below others, repeats of others, and moves; starts of roots go on. Enough where no pipeline is
   * deleted: nothing that is there already refers to a new root.
   */
  lockTrees(manager: EntityManager): Promise<void> {
    return this.executions.lockTrees(manager);
  }

  /** Roots among the executions of a pipeline, oldest first. */
  findRoots(manager: EntityManager, pipelineId: number, limit: number): Promise<number[]> {
    return this.executions.findRoots(manager, pipelineId, limit);
  }

  /** Whether the pipeline has any execution. */
  hasExecutions(manager: EntityManager, pipelineId: number): Promise<boolean> {
    return this.executions.hasExecutions(manager, pipelineId);
  }

  /** Whether the pipeline has an execution in a tree whose root is of another pipeline. Reads all its executions. */
  isInOtherTrees(manager: EntityManager, pipelineId: number): Promise<boolean> {
    return this.executions.isInOtherTrees(manager, pipelineId);
  }

  /** Deletes the executions of the trees with these roots, and what is kept about them. */
  async delete(manager: EntityManager, roots: readonly number[], ids: readonly number[]): Promise<void> {
    await this.executions.delete(manager, ids);
    this.noteDeleted(manager, roots);
  }

  /** Notes that the trees with these roots are deleted in this transaction. */
  noteDeleted(manager: EntityManager, roots: readonly number[]): void {
    this.changes.note(manager, { roots, moved: true });
  }
}
