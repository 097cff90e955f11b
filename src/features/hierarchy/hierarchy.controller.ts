import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Requires } from '../../platform/auth/requires.js';
import { ApiAnswers, ApiId, ApiPage } from '../../platform/http/api.js';
import { IdPipe } from '../../platform/http/id.pipe.js';
import type { JsonText } from '../../platform/http/json-text.js';
import type { Page } from '../../platform/http/page.js';
import { ExecutionNotFoundError } from '../execution/execution.errors.js';
import { DownstreamQuery, RelativeDto, RelativesQuery, TreeDto, TreeQuery } from './hierarchy.dto.js';
import { HierarchyService } from './hierarchy.service.js';

/** The tree that executions make, read by its closure. */
@ApiTags('hierarchy')
@Controller('pipeline_execution/:id')
export class HierarchyController {
  constructor(private readonly hierarchy: HierarchyService) {}

  /** List the direct children of an execution, oldest first. */
  @Get('children')
  @Requires('read')
  @ApiId('The execution')
  @ApiPage(RelativeDto, [new ExecutionNotFoundError(42)])
  children(@Param('id', IdPipe) id: number, @Query() query: RelativesQuery): Promise<Page<RelativeDto>> {
    return this.hierarchy.children(id, query);
  }

  /** List everything that ran under an execution, nearest first. */
  @Get('downstream')
  @Requires('read')
  @ApiId('The execution')
  @ApiPage(RelativeDto, [new ExecutionNotFoundError(42)])
  downstream(@Param('id', IdPipe) id: number, @Query() query: DownstreamQuery): Promise<Page<RelativeDto>> {
    return this.hierarchy.downstream(id, query);
  }

  /** List what an execution runs under, nearest first: its parent, its parent's parent, up to the root. */
  @Get('upstream')
  @Requires('read')
  @ApiId('The execution')
  @ApiPage(RelativeDto, [new ExecutionNotFoundError(42)])
  upstream(@Param('id', IdPipe) id: number, @Query() query: RelativesQuery): Promise<Page<RelativeDto>> {
    return this.hierarchy.upstream(id, query);
  }

  /** Get an execution with everything below it, nested. */
  @Get('tree')
  @Requires('read')
  @ApiId('The execution')
  @ApiAnswers({ ok: TreeDto, problems: [new ExecutionNotFoundError(42)] })
  tree(@Param('id', IdPipe) id: number, @Query() query: TreeQuery): Promise<JsonText<TreeDto>> {
    return this.hierarchy.tree(id, query);
  }
}
