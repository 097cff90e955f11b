import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type NextWatermarkChange, PipelineEvents } from '../pipeline/pipeline.events.js';
import { ExecutionEvents } from './execution.events.js';
import { ExecutionRepository } from './execution.repository.js';

/**
 * Copies a changed `next_watermark` of a pipeline to its running execution, because a load may learn its upper bound
 * while it runs. If several executions run, none is changed.
 */
@Injectable()
export class ExecutionWatermarkService implements OnModuleInit {
  constructor(
    private readonly executions: ExecutionRepository,
    private readonly events: ExecutionEvents,
    private readonly pipelineEvents: PipelineEvents,
  ) {}

  onModuleInit(): void {
    this.pipelineEvents.nextWatermarkChanging.listen((manager, changes) => this.follow(manager, changes));
  }

  private async follow(manager: EntityManager, changes: readonly NextWatermarkChange[]): Promise<void> {
    for (const { pipelineId, nextWatermark } of changes) {
      const changed = await this.executions.setNextWatermarkOfOnlyRun(manager, pipelineId, nextWatermark);
      await this.events.changed.emit(manager, changed);
    }
  }
}
