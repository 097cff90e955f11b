import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type TreeFailure, TreeFailureRepository } from './tree-failure.repository.js';

export type { TreeFailure };

/** Why whole trees failed, asked by those who watch them. */
@Injectable()
export class TreeFailureService {
  constructor(private readonly failures: TreeFailureRepository) {}

  /** The root causes of the trees under these roots, the first failures first, `limit` of each tree at most. */
  rootCauses(manager: EntityManager, rootIds: readonly number[], limit: number): Promise<TreeFailure[]> {
    return this.failures.rootCauses(manager, rootIds, limit);
  }
}
