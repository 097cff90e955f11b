import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ChangeLog } from '../changes/change-log.js';
import { ExecutionCycleError } from '../execution/execution.errors.js';
import { ExecutionEvents, type MovingExecution } from '../execution/execution.events.js';
import { ExecutionClosureSubscriber } from './execution-closure.subscriber.js';
import { TreeMoveRepository } from './tree-move.repository.js';

/**
 * Moves executions with all their descendants to another parent: updates parent, root and closure rows in the
 * transaction of the report. Throws {@link ExecutionCycleError} if the parent is below the execution.
 */
@Injectable()
export class TreeMoveService implements OnModuleInit {
  constructor(
    private readonly executionEvents: ExecutionEvents,
    private readonly closure: ExecutionClosureSubscriber,
    private readonly trees: TreeMoveRepository,
    private readonly changes: ChangeLog,
  ) {}

  onModuleInit(): void {
    this.executionEvents.moving.listen((manager, moves) => this.moveAll(manager, moves));
  }

  private async moveAll(manager: EntityManager, moves: readonly MovingExecution[]): Promise<void> {
    // Executions inserted in the same transaction move too, so their closure rows must exist.
    await this.closure.flush(manager);
    for (const { id, parentId } of moves) {
      if (parentId !== null && (await this.trees.isBelow(manager, id, parentId))) throw new ExecutionCycleError();
      const before = await this.trees.rootsOf(manager, id, parentId);
      await this.trees.move(manager, id, parentId);
      this.changes.note(manager, { roots: [...before, id], executions: [id], moved: true });
    }
  }
}
