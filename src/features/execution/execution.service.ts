import { Injectable } from '@nestjs/common';
import { completeList } from '../../platform/http/bounded-list.js';
import { fittingArray, JsonText, toJson, withMembers } from '../../platform/http/json-text.js';
import type { Page } from '../../platform/http/page.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import type { ExecutionDto, ExecutionWithChildrenDto, ListExecutionsQuery } from './execution.dto.js';
import { EXECUTION_LONG_COLUMNS, type ExecutionEntity } from './execution.entity.js';
import { ExecutionNotFoundError } from './execution.errors.js';
import { toExecutionDto } from './execution.mapper.js';
import { ExecutionRepository } from './execution.repository.js';
import { MAX_INLINE_CHILDREN } from './execution.sql.js';

/** Executions, read. */
@Injectable()
export class ExecutionService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly executions: ExecutionRepository,
  ) {}

  /** The execution; throws {@link ExecutionNotFoundError}. */
  async require(id: number): Promise<ExecutionEntity> {
    const execution = await this.transactions.read((manager) => this.executions.findById(manager, id));
    if (!execution) throw new ExecutionNotFoundError(id);
    return execution;
  }

  async getWithChildren(id: number): Promise<JsonText<ExecutionWithChildrenDto>> {
    const found = await this.transactions.read((manager) =>
      this.executions.findWithChildren(manager, id, MAX_INLINE_CHILDREN + 1),
    );
    if (found[0]?.id !== id) throw new ExecutionNotFoundError(id);
    const shown = found.slice(0, MAX_INLINE_CHILDREN + 1);
    const complete = await completeList(this.transactions, EXECUTION_LONG_COLUMNS, shown);
    const [execution, ...children] = shown.slice(0, complete).map(toExecutionDto);
    const { text, count } = fittingArray(children);
    const isCut = count < found.length - 1;
    const members = { child_executions: text, ...(isCut && { truncated: 'true' }) };
    return new JsonText(withMembers(toJson(execution), members));
  }

  async list(query: ListExecutionsQuery): Promise<Page<ExecutionDto>> {
    const page = await this.transactions.read((manager) => this.executions.list(manager, query));
    return (await this.complete(page, (execution) => execution)).map(toExecutionDto);
  }

  /** Reads what a page of executions was read without; the page may become shorter. Not to be called inside a read. */
  async complete<Item>(page: Page<Item>, executionOf: (item: Item) => ExecutionEntity): Promise<Page<Item>> {
    const executions = page.items.map(executionOf);
    return page.first(await completeList(this.transactions, EXECUTION_LONG_COLUMNS, executions));
  }
}
