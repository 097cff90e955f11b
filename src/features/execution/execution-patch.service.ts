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

/** Changes the parent and the metadata of an execution after its start. */
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
      // Locks before the first read, so that the data read stays valid.
      if (moves) await this.executions.lockTree(manager);
      const execution = await this.require(manager, id);
      if (moves) await this.move(manager, execution, parent);
      const { execution_metadata: metadata } = request;
      if (metadata !== undefined) await this.executions.mergeMetadata(manager, id, metadata);
      const patched = await this.require(manager, id);
      await this.events.changed.emit(manager, [{ id, rootId: patched.rootId }]);
      return toExecutionDto(patched);
    });
  }

  /** Moves the execution below the parent, or makes it a root if the parent is null. */
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
    // Read again under the row lock: the start may have been reported in the meantime.
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
    if (!parent) throw new Error('a named parent was neither found nor created');
    return parent;
  }

  private async require(manager: EntityManager, id: number): Promise<ExecutionEntity> {
    const execution = await this.executions.findById(manager, id);
    if (!execution) throw new ExecutionNotFoundError(id);
    return execution;
  }
}
