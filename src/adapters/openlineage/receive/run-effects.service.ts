import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ExecutionRecordService } from '../../../features/execution/records/execution-record.service.js';
import { DatasetWriterService } from './dataset-writer.service.js';
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
  ) {}

  async write(manager: EntityManager, plan: TreePlan, placed: readonly PlacedChange[]): Promise<void> {
    const restated = await this.family.settle(manager, plan, placed);
    await this.datasets.write(manager, placed);
    await this.progress.write(manager, placed);
    await this.executions.settled(manager, restated);
  }
}
