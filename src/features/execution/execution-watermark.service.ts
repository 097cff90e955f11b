import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type NextWatermarkChange, PipelineEvents } from '../pipeline/pipeline.events.js';
import { ExecutionRepository } from './execution.repository.js';

/**
 * Keeps the `next_watermark` of a pipeline's only running execution in step with the pipeline's own while somebody changes
 * that: a load learns how far it reaches while it runs. Where several run, none of them is meant.
 */
@Injectable()
export class ExecutionWatermarkService implements OnModuleInit {
  constructor(
    private readonly executions: ExecutionRepository,
    private readonly pipelineEvents: PipelineEvents,
  ) {}

  onModuleInit(): void {
    this.pipelineEvents.nextWatermarkChanging.listen((manager, changes) => this.follow(manager, changes));
  }

  private async follow(manager: EntityManager, changes: readonly NextWatermarkChange[]): Promise<void> {
    for (const { pipelineId, nextWatermark } of changes) {
      await this.executions.setNextWatermarkOfOnlyRun(manager, pipelineId, nextWatermark);
    }
  }
}
