import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ExecutionRecordService } from '../../../features/execution/records/execution-record.service.js';
import { together } from '../../../platform/database/together.js';
import { DatasetWriterService } from './dataset-writer.service.js';
import { isTorn } from '../state/derived-run.js';
import { OpenLineageMetrics } from './openlineage-metrics.js';
import { ProgressWriterService } from './progress-writer.service.js';
import { RunFamilyService } from './run-family.service.js';
import type { TreePlan } from './run-tree.js';
import type { PlacedChange } from './run-change.js';

/** What follows from the state of runs, once they and their executions are written. */
@Injectable()
export class RunEffectsService {
  constructor(
    private readonly executions: ExecutionRecordService,
    private readonly family: RunFamilyService,
    private readonly datasets: DatasetWriterService,
    private readonly progress: ProgressWriterService,
    private readonly metrics: OpenLineageMetrics,
  ) {}

  /** The plan without the claims that cannot be followed. Before anything is written. */
  limit(manager: EntityManager, plan: TreePlan, executionIds: ReadonlyMap<string, number>): Promise<TreePlan> {
    return this.family.limit(manager, plan, executionIds);
  }

  async write(
    manager: EntityManager,
    plan: TreePlan,
    placed: readonly PlacedChange[],
    executionIds: ReadonlyMap<string, number>,
  ): Promise<void> {
    const [restated] = await together(
      this.family.settle(manager, plan, placed, executionIds),
      this.datasets.write(manager, placed),
      this.progress.write(manager, placed),
    );
    await this.executions.settled(manager, restated);
    this.metrics.changed(manager, {
      moves: plan.moves.size,
      refused: placed.filter(({ change }) => change.refusedParent !== null && !change.before?.isParentRefused).length,
      conflicts: placed.filter(({ change: { before, after } }) => isTorn(after) && !(before && isTorn(before.state)))
        .length,
    });
  }
}
