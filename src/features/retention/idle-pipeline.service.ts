import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { ExecutionDeletionService } from '../execution/execution-deletion.service.js';
import { PipelineDeletionService } from '../pipeline/pipeline-deletion.service.js';
import { RetentionRepository } from './retention.repository.js';

const DAY_MS = 86_400_000;
const IDLE_DAYS = 400;
const BATCH = 100;

/**
 * Deletes pipelines in a namespace that have had no execution for 400 days and that nobody has changed: tools give their
 * jobs ever new names.
 */
@Injectable()
export class IdlePipelineService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly retention: RetentionRepository,
    private readonly executions: ExecutionDeletionService,
    private readonly pipelines: PipelineDeletionService,
  ) {}

  async deleteAll(signal: AbortSignal): Promise<void> {
    const before = new Date(Date.now() - IDLE_DAYS * DAY_MS);
    for (let after: number | undefined = 0; after !== undefined && !signal.aborted;) {
      const position: number = after;
      const found = await this.transactions.read((manager) =>
        this.retention.findIdlePipelines(manager, position, before, BATCH),
      );
      const idle = await this.transactions.read((manager) => this.withoutExecutions(manager, found));
      if (idle.length > 0) await this.transactions.run((manager) => this.delete(manager, idle, before));
      after = found.length === BATCH ? found.at(-1) : undefined;
    }
  }

  private async delete(manager: EntityManager, ids: readonly number[], before: Date): Promise<void> {
    await this.executions.lock(manager);
    for (const id of await this.withoutExecutions(manager, ids)) {
      const [still] = await this.retention.findIdlePipelines(manager, id - 1, before, 1);
      if (still === id) await this.pipelines.delete(manager, id);
    }
  }

  private async withoutExecutions(manager: EntityManager, ids: readonly number[]): Promise<number[]> {
    const idle: number[] = [];
    for (const id of ids) if (!(await this.executions.hasExecutions(manager, id))) idle.push(id);
    return idle;
  }
}
