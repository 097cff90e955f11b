import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Requires } from '../../../platform/auth/requires.js';
import { ApiAnswers, ApiId, ApiPage } from '../../../platform/http/api.js';
import { IdPipe } from '../../../platform/http/id.pipe.js';
import { type Page, PageQuery } from '../../../platform/http/page.js';
import { ExecutionNotFoundError } from '../../execution/execution.errors.js';
import { TreeQuestionsService } from './tree-questions.service.js';
import { BlockingExecutionDto, RootCauseDto } from './causes.dto.js';
import { ComparisonDto } from './compare.dto.js';
import { CriticalPathDto } from './critical-path.dto.js';
import { RollupDto, RollupQuery } from './rollup.dto.js';

/** What is asked of a tree of executions. */
@ApiTags('hierarchy')
@Controller('pipeline_execution/:id')
export class TreeQuestionsController {
  constructor(private readonly questions: TreeQuestionsService) {}

  /**
   * List what failed first.
   *
   * The failed executions of the subtree, the execution itself included, that have no failed descendant: those that
   * failed by themselves, also where all below them succeeded. By `end_date`, then by id, so that the first failure
   * comes first. Superseded attempts, and what is below them, are left out. While the tree runs: what has failed so far.
   */
  @Get('root_cause')
  @Requires('read')
  @ApiId('The execution')
  @ApiPage(RootCauseDto, [new ExecutionNotFoundError(42)])
  getRootCauses(@Param('id', IdPipe) id: number, @Query() query: PageQuery): Promise<Page<RootCauseDto>> {
    return this.questions.rootCauses(id, query);
  }

  /**
   * List what a run waits for.
   *
   * The running executions of the subtree, the execution itself included, that have no running descendant, whether those
   * in between have ended or not; the one that started first comes first. Empty when nothing runs.
   */
  @Get('blocking')
  @Requires('read')
  @ApiId('The execution')
  @ApiPage(BlockingExecutionDto, [new ExecutionNotFoundError(42)])
  getBlockingExecutions(
    @Param('id', IdPipe) id: number,
    @Query() query: PageQuery,
  ): Promise<Page<BlockingExecutionDto>> {
    return this.questions.blocking(id, query);
  }

  /**
   * Get the chain of executions that decided the duration.
   *
   * From the end backwards: the child that finished last, then the one that finished last before that one started, and
   * so on, and the same within each of them. Time that none of these covers is the parent's own. The segments add up to
   * the duration; of a tree that runs, to the time until now, and what runs counts as if it ended now.
   *
   * Children count only as far as they lie within their parent. Siblings that overlap by at most 1 % of their parent's
   * time count as one after the other. An execution that took no time is never on the path.
   */
  @Get('critical_path')
  @Requires('read')
  @ApiId('The execution')
  @ApiAnswers({ ok: CriticalPathDto, problems: [new ExecutionNotFoundError(42)] })
  getCriticalPath(@Param('id', IdPipe) id: number): Promise<CriticalPathDto> {
    return this.questions.criticalPath(id);
  }

  /**
   * Sum a tree up by pipeline, pipeline type or level.
   *
   * All executions of the subtree, the execution itself included. What runs counts with its time until now; rows and
   * counts are there once an execution has ended.
   */
  @Get('rollup')
  @Requires('read')
  @ApiId('The execution')
  @ApiAnswers({ ok: RollupDto, problems: [new ExecutionNotFoundError(42)] })
  getExecutionRollup(@Param('id', IdPipe) id: number, @Query() query: RollupQuery): Promise<RollupDto> {
    return this.questions.rollup(id, query);
  }

  /**
   * Compare two runs.
   *
   * The two executions stand for each other. Below a pair, runs of the same pipeline stand for each other in the order
   * of their start. What has no counterpart is `added` or `removed`, with all that is below it. What runs counts with
   * its time until now. Where a tree was cut, an execution from that level on is left out if it has no counterpart.
   */
  @Get('compare/:other_id')
  @Requires('read')
  @ApiId('The execution')
  @ApiId('The other execution', 'other_id')
  @ApiAnswers({ ok: ComparisonDto, problems: [new ExecutionNotFoundError(42)] })
  compareExecutions(
    @Param('id', IdPipe) id: number,
    @Param('other_id', IdPipe) otherId: number,
  ): Promise<ComparisonDto> {
    return this.questions.compare(id, otherId);
  }
}
