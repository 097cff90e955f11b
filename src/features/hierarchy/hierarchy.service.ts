import { Injectable } from '@nestjs/common';
import { takeAnswerRoom } from '../../platform/http/answer-room.js';
import { fittingTexts, type JsonText } from '../../platform/http/json-text.js';
import { Page } from '../../platform/http/page.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { ExecutionNotFoundError } from '../execution/execution.errors.js';
import { ExecutionService } from '../execution/execution.service.js';
import type {
  DownstreamQuery,
  RelatedExecutionDto,
  RelativesQuery,
  ExecutionTreeDto,
  TreeQuery,
} from './hierarchy.dto.js';
import { toRelatedExecutionDto, toTree } from './hierarchy.mapper.js';
import { HierarchyRepository, type Range } from './hierarchy.repository.js';

/** The maximum number of executions of one tree in a response. */
export const MAX_NODES = 10_000;
/** The maximum number of levels in a response: the JSON parsers of most languages can nest as many. */
const MAX_LEVELS = 1000;

/** A tree with more executions reserves part of the memory for large responses. */
const LARGE_TREE = 1000;

/** Reads the relatives of an execution. */
@Injectable()
export class HierarchyService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly hierarchy: HierarchyRepository,
    private readonly executions: ExecutionService,
  ) {}

  children(id: number, query: RelativesQuery): Promise<Page<RelatedExecutionDto>> {
    return this.relatives(id, { direction: 'downstream', minDepth: 1, maxDepth: 1 }, query);
  }

  downstream(id: number, query: DownstreamQuery): Promise<Page<RelatedExecutionDto>> {
    return this.relatives(id, { direction: 'downstream', minDepth: 1, maxDepth: query.max_depth }, query);
  }

  upstream(id: number, query: RelativesQuery): Promise<Page<RelatedExecutionDto>> {
    return this.relatives(id, { direction: 'upstream', minDepth: 1 }, query);
  }

  async tree(id: number, query: TreeQuery): Promise<JsonText<ExecutionTreeDto>> {
    const maxDepth = Math.min(query.max_depth ?? MAX_LEVELS + 1, MAX_LEVELS + 1);
    // One more row and level than fit, to detect missing executions.
    const found = await this.transactions.read((manager) =>
      this.hierarchy.subtree(manager, id, maxDepth, MAX_NODES + 1),
    );
    if (found.length === 0) throw new ExecutionNotFoundError(id);
    if (found.length > LARGE_TREE) await takeAnswerRoom();
    const last = found.findIndex((relative, index) => index === MAX_NODES || relative.depth > MAX_LEVELS);
    const page = await this.executions.complete(
      new Page(last === -1 ? found : found.slice(0, last)),
      ({ execution }) => execution,
    );
    return toTree(found, fittingTexts(page.items, toRelatedExecutionDto));
  }

  private async relatives(id: number, range: Range, query: RelativesQuery): Promise<Page<RelatedExecutionDto>> {
    await this.executions.require(id);
    const page = await this.transactions.read((manager) => this.hierarchy.listRelatives(manager, id, range, query));
    return (await this.executions.complete(page, ({ execution }) => execution)).map(toRelatedExecutionDto);
  }
}
