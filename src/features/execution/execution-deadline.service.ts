import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { PipelineEvents, type ThresholdChange } from '../pipeline/pipeline.events.js';
import { ExecutionRepository } from './execution.repository.js';

/**
 * Keeps the deadlines of running executions in step with their thresholds. A start sets its own; a changed threshold
 * moves those that are there. The deadline of an ended execution is history and stays.
 */
@Injectable()
export class ExecutionDeadlineService implements OnModuleInit {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly executions: ExecutionRepository,
    private readonly pipelineEvents: PipelineEvents,
  ) {}

  onModuleInit(): void {
    this.pipelineEvents.thresholdChanged.listen((change) => this.move(change));
  }

  /**
   * Moves what is not where the thresholds changed since a moment want it: a start that overlapped with the change may
   * have read the old one, or the process may have died between the two. Part of the caller's transaction.
   */
  async settle(manager: EntityManager, since: Date): Promise<void> {
    await this.executions.moveDeadlinesChangedSince(manager, since);
  }

  private async move(change: ThresholdChange): Promise<void> {
    await this.transactions.run(async (manager) => {
      if ('pipelineId' in change) await this.executions.moveDeadlinesOfPipeline(manager, change.pipelineId);
      else await this.executions.moveDeadlinesOfType(manager, change.pipelineTypeId);
    });
  }
}
