import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { PipelineEvents, type ThresholdChange } from '../pipeline/pipeline.events.js';
import { ExecutionEvents } from './execution.events.js';
import { ExecutionRepository } from './execution.repository.js';

/**
 * Updates the deadlines of running executions when a timeliness threshold changes. The deadline of an ended execution
 * never changes.
 */
@Injectable()
export class ExecutionDeadlineService implements OnModuleInit {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly executions: ExecutionRepository,
    private readonly events: ExecutionEvents,
    private readonly pipelineEvents: PipelineEvents,
  ) {}

  onModuleInit(): void {
    this.pipelineEvents.thresholdChanged.listen((change) => this.move(change));
  }

  /**
   * Corrects deadlines that do not match thresholds changed since the given time. A start that ran during the change
   * may have read the old threshold, or the process may have crashed before it moved the deadlines. Runs in the
   * caller's transaction.
   */
  async settle(manager: EntityManager, since: Date): Promise<void> {
    await this.events.changed.emit(manager, await this.executions.moveDeadlinesChangedSince(manager, since));
  }

  private async move(change: ThresholdChange): Promise<void> {
    await this.transactions.run(async (manager) => {
      const moved =
        'pipelineId' in change
          ? await this.executions.moveDeadlinesOfPipeline(manager, change.pipelineId)
          : await this.executions.moveDeadlinesOfType(manager, change.pipelineTypeId);
      await this.events.changed.emit(manager, moved);
    });
  }
}
