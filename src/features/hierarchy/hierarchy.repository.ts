import { Injectable } from '@nestjs/common';
import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import { type Page, pageLimit, positionOf, toPage } from '../../platform/http/page.js';
import { EXECUTION_LONG_COLUMNS, type ExecutionEntity, selectExecutions } from '../execution/execution.entity.js';
import { STATUS_CONDITIONS } from '../execution/execution-status.js';
import { PipelineNameService } from '../pipeline/pipeline-name.service.js';
import { ClosureEntity } from './closure.entity.js';
import type { RelativesQuery } from './hierarchy.dto.js';

/** An execution and its distance from the requested one. */
export interface Relative {
  readonly execution: ExecutionEntity;
  readonly depth: number;
}

/** The direction and depth of a search for relatives. */
export interface Range {
  readonly direction: 'downstream' | 'upstream';
  readonly minDepth: number;
  readonly maxDepth?: number | undefined;
}

/** The closure columns of the requested execution and of its relative. */
const SIDES = {
  downstream: { ofGiven: 'c.parentExecutionId = :id', relative: 'childExecutionId' },
  upstream: { ofGiven: 'c.childExecutionId = :id', relative: 'parentExecutionId' },
} as const;

/** Reads the tree through its closure; `ExecutionClosureSubscriber` and `TreeMoveService` write it. */
@Injectable()
export class HierarchyRepository {
  constructor(private readonly pipelines: PipelineNameService) {}

  /** Nearest first. Uses ix_pipeline_execution_closure_parent downstream and pk_pipeline_execution_closure upstream. */
  async listRelatives(
    manager: EntityManager,
    id: number,
    range: Range,
    query: RelativesQuery,
  ): Promise<Page<Relative>> {
    const rows = this.relatives(manager, id, range, pageLimit(query) + 1);
    if (query.status !== undefined) rows.andWhere(STATUS_CONDITIONS[query.status]);
    if (query.pipeline_id !== undefined) rows.andWhere('e.pipelineId = :pipelineId', { pipelineId: query.pipeline_id });
    const [depth, after] = positionOf(query, 2) ?? [];
    if (depth !== undefined) rows.andWhere('(c.depth, e.id) > (:depth::bigint, :after::bigint)', { depth, after });
    return toPage(await this.read(manager, rows), query, (relative) => [relative.depth, relative.execution.id]);
  }

  /** The execution and its descendants, parents before children, at most `limit` rows. */
  async subtree(manager: EntityManager, id: number, maxDepth: number | undefined, limit: number): Promise<Relative[]> {
    return this.read(manager, this.relatives(manager, id, { direction: 'downstream', minDepth: 0, maxDepth }, limit));
  }

  private relatives(
    manager: EntityManager,
    id: number,
    range: Range,
    limit: number,
  ): SelectQueryBuilder<ExecutionEntity> {
    const { ofGiven, relative } = SIDES[range.direction];
    // Filtered in a sub-select, so that the filter precedes the join if the two tables are sharded; it costs nothing if
    // they are not.
    const rows = selectExecutions(manager, limit)
      .innerJoin(
        (closure: SelectQueryBuilder<ClosureEntity>) =>
          closure.select(`c.${relative}`, 'id').addSelect('c.depth', 'depth').from(ClosureEntity, 'c').where(ofGiven),
        'c',
        'c.id = e.id',
      )
      .addSelect('c.depth', 'depth')
      .where('c.depth >= :minDepth', { id, minDepth: range.minDepth })
      .orderBy('c.depth')
      .addOrderBy('e.id')
      .limit(limit);
    return range.maxDepth === undefined ? rows : rows.andWhere('c.depth <= :maxDepth', { maxDepth: range.maxDepth });
  }

  private async read(manager: EntityManager, rows: SelectQueryBuilder<ExecutionEntity>): Promise<Relative[]> {
    const { entities, raw } = await EXECUTION_LONG_COLUMNS.getRawAndEntities<{ depth: number }>(rows);
    await this.pipelines.name(manager, entities);
    return entities.map((execution, index) => ({ execution, depth: raw[index]?.depth ?? 0 }));
  }
}
