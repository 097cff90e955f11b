import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type TreeFailure, TreeFailureRepository } from './tree-failure.repository.js';

export type { TreeFailure };

/** The root causes of failed trees, for the monitoring modules. */
@Injectable()
export class TreeFailureService {
  constructor(private readonly failures: TreeFailureRepository) {}

  /** The root causes of the trees with these roots, first failures first, at most `limit` per tree. */
  rootCauses(manager: EntityManager, rootIds: readonly number[], limit: number): Promise<TreeFailure[]> {
    return this.failures.rootCauses(manager, rootIds, limit);
  }
}
