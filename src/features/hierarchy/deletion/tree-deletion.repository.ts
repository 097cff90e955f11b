import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { FIND_TREE, FIND_TREES } from './tree-deletion.sql.js';

/** An execution of a tree that is to be deleted. */
export interface TreeNode {
  readonly id: number;
  readonly parentId: number | null;
  readonly isOpen: boolean;
}

/** The SQL of the closure for the deletion of trees. */
@Injectable()
export class TreeDeletionRepository {
  /** The executions of the trees with these roots. */
  async findTrees(manager: EntityManager, roots: readonly number[]): Promise<number[]> {
    const rows = await manager.query<{ id: number }[]>(FIND_TREES, [roots]);
    return rows.map(({ id }) => id);
  }

  /** The executions at and below one. */
  findTree(manager: EntityManager, id: number): Promise<TreeNode[]> {
    return manager.query(FIND_TREE, [id]);
  }
}
