import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ROOT_CAUSES_OF_TREES } from './tree-failure.sql.js';

/** A root cause of a failed tree: a failed execution without a failed descendant. */
export interface TreeFailure {
  readonly root_id: number;
  readonly execution_id: number;
  readonly pipeline_id: number;
  readonly pipeline_name: string;
  readonly error_message: string | null;
  /** The total number of root causes in the tree. */
  readonly total: number;
}

/** Reads the root causes of failed trees. */
@Injectable()
export class TreeFailureRepository {
  /** See {@link ROOT_CAUSES_OF_TREES}. */
  rootCauses(manager: EntityManager, rootIds: readonly number[], limit: number): Promise<TreeFailure[]> {
    return manager.query(ROOT_CAUSES_OF_TREES, [rootIds, limit]);
  }
}
