import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Requires } from '../../platform/auth/requires.js';
import { ApiAnswers, ApiId, ApiPage } from '../../platform/http/api.js';
import { IdPipe } from '../../platform/http/id.pipe.js';
import type { JsonText } from '../../platform/http/json-text.js';
import type { Page } from '../../platform/http/page.js';
import { ExecutionNotFoundError } from '../execution/execution.errors.js';
import { DownstreamQuery, RelatedExecutionDto, RelativesQuery, ExecutionTreeDto, TreeQuery } from './hierarchy.dto.js';
import { HierarchyService } from './hierarchy.service.js';

/** Reads the tree of executions through the closure. */
@ApiTags('hierarchy')
@Controller('pipeline_execution/:id')
export class HierarchyController {
  constructor(private readonly hierarchy: HierarchyService) {}

  /** List the direct children of an execution, oldest first. */
  @Get('children')
  @Requires('read')
  @ApiId('The execution')
  @ApiPage(RelatedExecutionDto, [new ExecutionNotFoundError(42)])
  getChildExecutions(
    @Param('id', IdPipe) id: number,
    @Query() query: RelativesQuery,
  ): Promise<Page<RelatedExecutionDto>> {
    return this.hierarchy.children(id, query);
  }

  /** List all descendants of an execution, nearest first. */
  @Get('downstream')
  @Requires('read')
  @ApiId('The execution')
  @ApiPage(RelatedExecutionDto, [new ExecutionNotFoundError(42)])
  getDownstreamExecutions(
    @Param('id', IdPipe) id: number,
    @Query() query: DownstreamQuery,
  ): Promise<Page<RelatedExecutionDto>> {
    return this.hierarchy.downstream(id, query);
  }

  /** List all ancestors of an execution, nearest first, up to the root. */
  @Get('upstream')
  @Requires('read')
  @ApiId('The execution')
  @ApiPage(RelatedExecutionDto, [new ExecutionNotFoundError(42)])
  getUpstreamExecutions(
    @Param('id', IdPipe) id: number,
    @Query() query: RelativesQuery,
  ): Promise<Page<RelatedExecutionDto>> {
    return this.hierarchy.upstream(id, query);
  }

  /** Get an execution with all its descendants, nested. */
  @Get('tree')
  @Requires('read')
  @ApiId('The execution')
  @ApiAnswers({ ok: ExecutionTreeDto, problems: [new ExecutionNotFoundError(42)] })
  getExecutionTree(@Param('id', IdPipe) id: number, @Query() query: TreeQuery): Promise<JsonText<ExecutionTreeDto>> {
    return this.hierarchy.tree(id, query);
  }
}
