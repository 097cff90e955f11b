import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ExecutionClosureSubscriber } from './execution-closure.subscriber.js';
import { type TreeFailure, TreeFailureRepository } from './tree-failure.repository.js';

export type { TreeFailure };

/** The root causes of failed trees, for the monitoring modules. */
@Injectable()
export class TreeFailureService {
  constructor(
    private readonly failures: TreeFailureRepository,
    private readonly closure: ExecutionClosureSubscriber,
  ) {}

  /** Completes the trees of the transaction, for a listener that reads executions which it inserted. */
  complete(manager: EntityManager): Promise<void> {
    return this.closure.flush(manager);
  }

  /** The root causes of the trees with these roots, first failures first, at most `limit` per tree. */
  rootCauses(manager: EntityManager, rootIds: readonly number[], limit: number): Promise<TreeFailure[]> {
    return this.failures.rootCauses(manager, rootIds, limit);
  }
}
