import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { readInGroups } from '../../platform/batching/group-read.js';
import { completeList } from '../../platform/http/bounded-list.js';
import { fittingArray, JsonText, toJson, withMembers } from '../../platform/http/json-text.js';
import type { Page } from '../../platform/http/page.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import type { ChildExecutionDto, ExecutionDto, ExecutionWithChildrenDto } from './execution.dto.js';
import type { ListExecutionsQuery } from './execution-list.dto.js';
import { EXECUTION_LONG_COLUMNS, type ExecutionEntity } from './execution.entity.js';
import { ExecutionNotFoundError } from './execution.errors.js';
import { toExecutionDto } from './execution.mapper.js';
import { ExecutionAttemptService } from './execution-attempt.service.js';
import { ExecutionListRepository } from './execution-list.repository.js';
import { ExecutionSourceService } from './execution-source.service.js';
import { type ExecutionGlance, type ExecutionOutline, ExecutionRepository } from './execution.repository.js';
import { MAX_INLINE_CHILDREN } from './execution.sql.js';

export type { ExecutionGlance };

/** Reads executions. */
@Injectable()
export class ExecutionService {
  private readonly findWithChildren: (id: number) => Promise<readonly ExecutionEntity[]>;

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly executions: ExecutionRepository,
    private readonly lists: ExecutionListRepository,
    private readonly slots: ExecutionAttemptService,
    private readonly sources: ExecutionSourceService,
  ) {
    this.findWithChildren = readInGroups(transactions, (manager, ids: readonly number[]) =>
      executions.findWithChildren(manager, ids, MAX_INLINE_CHILDREN + 1),
    );
  }

  /** The execution; throws {@link ExecutionNotFoundError}. */
  async require(id: number): Promise<ExecutionEntity> {
    const execution = await this.transactions.read((manager) => this.executions.findById(manager, id));
    if (!execution) throw new ExecutionNotFoundError(id);
    return execution;
  }

  /** The pipelines of the existing ones of these executions, in the caller's transaction. */
  async outline(manager: EntityManager, ids: readonly number[]): Promise<ExecutionOutline[]> {
    return ids.length === 0 ? [] : this.executions.outline(manager, ids);
  }

  /** The existing ones of these executions by id, without their long values, in the caller's read. */
  async glance(manager: EntityManager, ids: readonly number[]): Promise<ReadonlyMap<number, ExecutionGlance>> {
    const found = ids.length === 0 ? [] : await this.executions.glance(manager, ids);
    return new Map(found.map((execution) => [execution.id, execution]));
  }

  async getWithChildren(id: number): Promise<JsonText<ExecutionWithChildrenDto>> {
    const found = await this.findWithChildren(id);
    const [execution] = found;
    if (execution?.id !== id) throw new ExecutionNotFoundError(id);
    const shown = found.slice(0, MAX_INLINE_CHILDREN + 1);
    const complete = await completeList(this.transactions, EXECUTION_LONG_COLUMNS, shown);
    const { text, count } = fittingArray(shown.slice(1, complete).map(toChildDto));
    const isCut = count < found.length - 1;
    const members = { child_executions: text, ...(isCut && { truncated: 'true' }) };
    return new JsonText(withMembers(toJson(toExecutionDto(execution)), members));
  }

  /** All attempts at the same run, oldest first. */
  async attempts(id: number): Promise<ExecutionDto[]> {
    const executions = await this.transactions.read(async (manager) => {
      const ofSources = await this.sources.findAttempts(manager, id);
      return this.executions.findByIds(manager, ofSources.length > 0 ? ofSources : await this.slots.all(manager, id));
    });
    if (executions.length === 0) throw new ExecutionNotFoundError(id);
    return executions.toSorted((a, b) => a.attempt - b.attempt).map(toExecutionDto);
  }

  async list(query: ListExecutionsQuery): Promise<Page<ExecutionDto>> {
    const page = await this.transactions.read((manager) => this.lists.list(manager, query));
    return (await this.complete(page, (execution) => execution)).map(toExecutionDto);
  }

  /** The executions with this id or this external id, newest first, at most `limit`. */
  async find(text: string, limit: number): Promise<ExecutionEntity[]> {
    return this.transactions.read(async (manager) => {
      const id = /^\d{1,15}$/.test(text) ? Number(text) : undefined;
      const byId = id === undefined ? undefined : await this.executions.findById(manager, id);
      const { items } = await this.lists.list(manager, { external_id: text, limit });
      return [...(byId ? [byId] : []), ...items.filter((execution) => execution.id !== id)].slice(0, limit);
    });
  }

  /** Reads the omitted long columns of a page; the page may become shorter. Must not be called inside a read. */
  async complete<Item>(page: Page<Item>, executionOf: (item: Item) => ExecutionEntity): Promise<Page<Item>> {
    const executions = page.items.map(executionOf);
    return page.first(await completeList(this.transactions, EXECUTION_LONG_COLUMNS, executions));
  }
}

function toChildDto(child: ExecutionEntity): ChildExecutionDto {
  return { ...toExecutionDto(child), child_executions: [] };
}
