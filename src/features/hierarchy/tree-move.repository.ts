import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DELETE_ABOVE, INSERT_ABOVE, IS_BELOW, ROOTS_OF, SET_PARENT, SET_ROOT } from './tree-move.sql.js';

/**
 * Moves subtrees, under the exclusive tree lock. Apart from `ExecutionClosureSubscriber`, the only writer of the
 * closure.
 */
@Injectable()
export class TreeMoveRepository {
  /** Whether `other` is the execution or one of its descendants. */
  async isBelow(manager: EntityManager, executionId: number, other: number): Promise<boolean> {
    const [row] = await manager.query<{ below: boolean }[]>(IS_BELOW, [executionId, other]);
    return row?.below ?? false;
  }

  /** The roots of an execution and of its new parent. */
  async rootsOf(manager: EntityManager, executionId: number, parentId: number | null): Promise<number[]> {
    const rows = await manager.query<{ root: number }[]>(ROOTS_OF, [[executionId, parentId]]);
    return rows.map(({ root }) => root);
  }

  /** Sets the parent of an execution; null makes it a root. */
  async move(manager: EntityManager, executionId: number, parentId: number | null): Promise<void> {
    await manager.query(DELETE_ABOVE, [executionId]);
    if (parentId !== null) await manager.query(INSERT_ABOVE, [executionId, parentId]);
    await manager.query(SET_PARENT, [executionId, parentId]);
    await manager.query(SET_ROOT, [executionId, parentId]);
  }
}
