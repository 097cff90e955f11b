import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ROOT_CAUSES_OF_TREES } from './tree-failure.sql.js';

/** A root cause of a failed tree: a failed execution with no failed one below it. */
export interface TreeFailure {
  readonly root_id: number;
  readonly execution_id: number;
  readonly pipeline_id: number;
  readonly pipeline_name: string;
  readonly error_message: string | null;
  /** How many root causes the tree has in all. */
  readonly total: number;
}

/** Reads why trees failed by the closure. */
@Injectable()
export class TreeFailureRepository {
  /** See {@link ROOT_CAUSES_OF_TREES}. */
  rootCauses(manager: EntityManager, rootIds: readonly number[], limit: number): Promise<TreeFailure[]> {
    return manager.query(ROOT_CAUSES_OF_TREES, [rootIds, limit]);
  }
}
