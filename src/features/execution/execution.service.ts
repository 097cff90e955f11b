import { Injectable } from '@nestjs/common';
import type { Page } from '../../platform/http/page.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import type {
  ChildExecutionDto,
  ExecutionDto,
  ExecutionWithChildrenDto,
  ListExecutionsQuery,
} from './execution.dto.js';
import type { ExecutionEntity } from './execution.entity.js';
import { ExecutionNotFoundError } from './execution.errors.js';
import { toExecutionDto } from './execution.mapper.js';
import { ExecutionAttemptService } from './execution-attempt.service.js';
import { ExecutionListRepository } from './execution-list.repository.js';
import { ExecutionRepository } from './execution.repository.js';

/** The most children that come inside an execution; `/children` pages through them all. */
const MAX_INLINE_CHILDREN = 1000;

/** Executions, read. */
@Injectable()
export class ExecutionService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly executions: ExecutionRepository,
    private readonly lists: ExecutionListRepository,
    private readonly slots: ExecutionAttemptService,
  ) {}

  /** The execution; throws {@link ExecutionNotFoundError}. */
  async require(id: number): Promise<ExecutionEntity> {
    const execution = await this.transactions.read((manager) => this.executions.findById(manager, id));
    if (!execution) throw new ExecutionNotFoundError(id);
    return execution;
  }

  async getWithChildren(id: number): Promise<ExecutionWithChildrenDto> {
    const { execution, children } = await this.transactions.read((manager) =>
      this.executions.findWithChildren(manager, id, MAX_INLINE_CHILDREN),
    );
    if (!execution) throw new ExecutionNotFoundError(id);
    return { ...toExecutionDto(execution), child_executions: children.map(toChildDto) };
  }

  /** All attempts at the run that an execution is an attempt at, oldest first. */
  async attempts(id: number): Promise<ExecutionDto[]> {
    const executions = await this.transactions.read(async (manager) =>
      this.executions.findByIds(manager, await this.slots.all(manager, id)),
    );
    if (executions.length === 0) throw new ExecutionNotFoundError(id);
    return executions.toSorted((a, b) => a.attempt - b.attempt).map(toExecutionDto);
  }

  list(query: ListExecutionsQuery): Promise<Page<ExecutionDto>> {
    return this.transactions.read(async (manager) => (await this.lists.list(manager, query)).map(toExecutionDto));
  }
}

function toChildDto(child: ExecutionEntity): ChildExecutionDto {
  return { ...toExecutionDto(child), child_executions: [] };
}
