import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { PipelineNotFoundError } from '../pipeline/pipeline.errors.js';
import type { ExecutionDto } from './execution.dto.js';
import type { PatchExecutionDto } from './execution-request.dto.js';
import type { ExecutionEntity } from './execution.entity.js';
import { ExecutionNotFoundError, ParentNotFoundError } from './execution.errors.js';
import { ExecutionEvents } from './execution.events.js';
import { toExecutionDto } from './execution.mapper.js';
import { ExecutionRepository } from './execution.repository.js';
import { ExecutionStartRepository, type Parent } from './execution-start.repository.js';
import { ExpectedExecutionService } from './expected-execution.service.js';
import { type ParentReference, parentOf } from './parent-reference.js';

/** Takes what becomes known of an execution late: its parent, and more metadata. */
@Injectable()
export class ExecutionPatchService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly executions: ExecutionRepository,
    private readonly starts: ExecutionStartRepository,
    private readonly expected: ExpectedExecutionService,
    private readonly events: ExecutionEvents,
  ) {}

  /** Throws an {@link ExecutionNotFoundError}, a {@link ParentNotFoundError} or an `ExecutionCycleError`. */
  patch(id: number, request: PatchExecutionDto): Promise<ExecutionDto> {
    const parent = parentOf(request);
    const moves = parent !== null || request.parent_id === null;
    return this.transactions.run(async (manager) => {
      // Before anything is read: what is read stays so.
      if (moves) await this.executions.lockTree(manager);
      const execution = await this.require(manager, id);
      if (moves) await this.move(manager, execution, parent);
      const { execution_metadata: metadata } = request;
      if (metadata !== undefined) await this.executions.mergeMetadata(manager, id, metadata);
      return toExecutionDto(await this.require(manager, id));
    });
  }

  /** Below the parent, or to the top of a tree of its own where that is null. */
  private async move(
    manager: EntityManager,
    execution: ExecutionEntity,
    reference: ParentReference | null,
  ): Promise<void> {
    const parent = reference && (await this.find(manager, reference, execution.startDate));
    const parentId = parent?.id ?? null;
    if (parentId === execution.parentId) return;
    await this.events.moving.emit(manager, [{ id: execution.id, parentId }]);
    if (execution.parentId !== null) await this.expected.shrink(manager, execution.parentId);
    // Read again, now that its row is locked: its start may have been reported meanwhile.
    const { startDate, endDate } = await this.require(manager, execution.id);
    await this.expected.stretch(manager, [{ parentId, startDate, endDate: endDate ?? startDate }]);
  }

  private async find(manager: EntityManager, reference: ParentReference, startDate: Date): Promise<Parent> {
    if ('id' in reference) {
      const parent = (await this.starts.findParents(manager, [reference.id])).get(reference.id);
      if (!parent) throw new ParentNotFoundError(reference.id);
      return parent;
    }
    const pipeline = await this.starts.findPipelineOf(manager, reference);
    if (!pipeline) throw new PipelineNotFoundError(reference.pipelineId ?? reference.pipelineName ?? '');
    const { externalId } = reference;
    const run = { pipelineId: pipeline.id, configVersion: pipeline.config_version, externalId, startDate };
    const [parent] = (await this.expected.resolve(manager, [run])).values();
    if (!parent) throw new Error('a named parent was neither found nor expected');
    return parent;
  }

  private async require(manager: EntityManager, id: number): Promise<ExecutionEntity> {
    const execution = await this.executions.findById(manager, id);
    if (!execution) throw new ExecutionNotFoundError(id);
    return execution;
  }
}
