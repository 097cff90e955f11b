import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Page, PageQuery } from '../../../platform/http/page.js';
import { TransactionRunner } from '../../../platform/database/transaction-runner.js';
import type { ExecutionEntity } from '../../execution/execution.entity.js';
import { ExecutionNotFoundError } from '../../execution/execution.errors.js';
import { ExecutionService } from '../../execution/execution.service.js';
import { MAX_NODES } from '../hierarchy.service.js';
import {
  toBlockingExecutionDto,
  toComparisonDto,
  toCriticalPathDto,
  toRollupDto,
  toRootCauseDto,
} from './tree-questions.mapper.js';
import { TreeQuestionsRepository } from './tree-questions.repository.js';
import type { BlockingExecutionDto, RootCauseDto } from './causes.dto.js';
import { compare } from './compare.js';
import type { ComparisonDto } from './compare.dto.js';
import { criticalPath } from './critical-path.js';
import type { CriticalPathDto } from './critical-path.dto.js';
import { rollup } from './rollup.js';
import type { RollupDto, RollupQuery } from './rollup.dto.js';
import { type Subtree, toSubtree } from './subtree.js';

/**
 * Analyses of a tree: root causes, blocking executions, critical path, totals, comparison with another run.
 *
 * Running executions count up to now, read once per response from the service's clock, which also stamped the starts.
 * An unknown execution throws an {@link ExecutionNotFoundError}.
 */
@Injectable()
export class TreeQuestionsService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly questions: TreeQuestionsRepository,
    private readonly executions: ExecutionService,
  ) {}

  rootCauses(id: number, query: PageQuery): Promise<Page<RootCauseDto>> {
    return this.page(id, (manager) => this.questions.rootCauses(manager, id, query), toRootCauseDto);
  }

  blocking(id: number, query: PageQuery): Promise<Page<BlockingExecutionDto>> {
    const now = new Date();
    return this.page(
      id,
      (manager) => this.questions.blocking(manager, id, query),
      (item) => toBlockingExecutionDto(item, now),
    );
  }

  async criticalPath(id: number): Promise<CriticalPathDto> {
    const [tree] = await this.subtrees(id, null, new Date());
    return toCriticalPathDto(tree, criticalPath(tree));
  }

  async rollup(id: number, { by = 'pipeline' }: RollupQuery): Promise<RollupDto> {
    const now = new Date();
    const [tree] = await this.subtrees(id, null, now);
    return toRollupDto(tree, by, rollup(tree, by), now);
  }

  async compare(id: number, otherId: number): Promise<ComparisonDto> {
    const now = new Date();
    const [tree, other] = await this.subtrees(id, otherId, now);
    return toComparisonDto(tree, other, compare(tree, other), now);
  }

  /** A page of a list; checks that the execution exists only if the page is empty. */
  private async page<Item extends { readonly execution: ExecutionEntity }, Dto>(
    id: number,
    read: (manager: EntityManager) => Promise<Page<Item>>,
    toDto: (item: Item) => Dto,
  ): Promise<Page<Dto>> {
    const page = await this.transactions.read(read);
    if (page.items.length === 0) await this.executions.require(id);
    return (await this.executions.complete(page, ({ execution }) => execution)).map(toDto);
  }

  /** The tree below an execution, and the one below another if given (otherwise the same tree twice). */
  private async subtrees(id: number, otherId: number | null, now: Date): Promise<[Subtree, Subtree]> {
    // One execution more than the limit, to detect missing executions.
    const forest = await this.transactions.read((manager) =>
      this.questions.subtrees(manager, id, otherId, MAX_NODES + 1),
    );
    const treeOf = (id: number): Subtree => {
      const tree = toSubtree(forest, id, { now: now.getTime(), maxNodes: MAX_NODES });
      if (!tree) throw new ExecutionNotFoundError(id);
      return tree;
    };
    const tree = treeOf(id);
    return [tree, otherId === null ? tree : treeOf(otherId)];
  }
}
