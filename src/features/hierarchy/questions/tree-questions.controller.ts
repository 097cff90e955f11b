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

/** Analyses of a tree of executions. */
@ApiTags('hierarchy')
@Controller('pipeline_execution/:id')
export class TreeQuestionsController {
  constructor(private readonly questions: TreeQuestionsService) {}

  /**
   * List the root causes of a failure.
   *
   * A root cause is a failed execution of the subtree, including the execution itself, without a failed descendant. The
   * list is ordered by `end_date`, then by id, so that the first failure comes first. Superseded attempts and their
   * descendants are omitted. While the tree runs, the list contains the failures so far.
   */
  @Get('root_cause')
  @Requires('read')
  @ApiId('The execution')
  @ApiPage(RootCauseDto, [new ExecutionNotFoundError(42)])
  getRootCauses(@Param('id', IdPipe) id: number, @Query() query: PageQuery): Promise<Page<RootCauseDto>> {
    return this.questions.rootCauses(id, query);
  }

  /**
   * List the blocking executions of a run.
   *
   * A blocking execution is a running execution of the subtree, including the execution itself, without a running
   * descendant; the executions in between may have ended. The list is ordered by start, oldest first. It is empty if
   * nothing runs.
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
   * Get the critical path of an execution.
   *
   * The critical path is the chain of executions that determined the duration. Backwards from the end: the child that
   * finished last, then the child that finished last before that one started, and so on; the same applies within each
   * of them. Time that no child covers is the parent's own. The segments add up to the duration; while the execution
   * runs, to the time until now. Running executions count as if they ended now.
   *
   * Children count only for the part that lies within their parent. Siblings that overlap by at most 1 % of their
   * parent's time count as sequential. An execution that took no time is never on the path.
   */
  @Get('critical_path')
  @Requires('read')
  @ApiId('The execution')
  @ApiAnswers({ ok: CriticalPathDto, problems: [new ExecutionNotFoundError(42)] })
  getCriticalPath(@Param('id', IdPipe) id: number): Promise<CriticalPathDto> {
    return this.questions.criticalPath(id);
  }

  /**
   * Get totals of a tree by pipeline, pipeline type or level.
   *
   * The totals cover all executions of the subtree, including the execution itself. Running executions count up to now;
   * their rows and counts are available only after they end.
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
   * The two executions match each other. Below a pair, runs of the same pipeline are matched in the order of their
   * start. An execution without a counterpart is `added` or `removed`, with all its descendants. Running executions
   * count up to now. If a tree was truncated, executions from that level on are omitted if they have no counterpart.
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
