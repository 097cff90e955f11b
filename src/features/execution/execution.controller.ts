import { Body, Controller, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import type { Answer } from '../../platform/http/answer.js';
import { Requires } from '../../platform/auth/requires.js';
import { ApiAnswers, ApiId, ApiPage } from '../../platform/http/api.js';
import { IdPipe } from '../../platform/http/id.pipe.js';
import type { JsonText } from '../../platform/http/json-text.js';
import type { Page } from '../../platform/http/page.js';
import { ExecutionEndService } from './execution-end.service.js';
import { ExecutionStartService } from './execution-start.service.js';
import { EndExecutionDto, PatchExecutionDto, StartedExecutionDto, StartExecutionDto } from './execution-request.dto.js';
import { ExecutionDto, ExecutionWithChildrenDto } from './execution.dto.js';
import { ListExecutionsQuery } from './execution-list.dto.js';
import { ExecutionService } from './execution.service.js';
import { ExecutionPatchService } from './execution-patch.service.js';
import {
  ExecutionAlreadyEndedError,
  ExecutionCycleError,
  ExecutionNotFoundError,
  ParentNotFoundError,
} from './execution.errors.js';
import { PipelineNotFoundError } from '../pipeline/pipeline.errors.js';

/** Reports and reads executions. */
@ApiTags('execution')
@Controller()
export class ExecutionController {
  constructor(
    private readonly starts: ExecutionStartService,
    private readonly ends: ExecutionEndService,
    private readonly patches: ExecutionPatchService,
    private readonly executions: ExecutionService,
  ) {}

  /**
   * Report the start of an execution.
   *
   * When the response 201 is sent, the execution and its place in the tree are visible to all readers. With an
   * `external_id` the report may be repeated: the repeat returns 200 with the id of the first execution and writes
   * nothing.
   */
  @Post('start_pipeline_execution')
  @Requires('write')
  @ApiAnswers({
    created: StartedExecutionDto,
    ok: StartedExecutionDto,
    body: true,
    problems: [new PipelineNotFoundError(7)],
  })
  startPipelineExecution(@Body() request: StartExecutionDto): Promise<Answer<StartedExecutionDto>> {
    return this.starts.start(request);
  }

  /**
   * Report the end of an execution.
   *
   * A success moves the pipeline's `watermark` to the execution's `next_watermark`, unless an execution that started
   * later has already moved it. It also moves `last_target_*` forward for each count above 0. A failure moves nothing.
   * The report may be repeated: with the same content it changes nothing; with different content it is refused with
   * `execution_already_ended`.
   */
  @Post('end_pipeline_execution')
  @Requires('write')
  @HttpCode(200)
  @ApiAnswers({
    ok: ExecutionDto,
    body: true,
    problems: [new ExecutionNotFoundError(42), new ExecutionAlreadyEndedError(42)],
  })
  endPipelineExecution(@Body() request: EndExecutionDto): Promise<Answer<ExecutionDto>> {
    return this.ends.end(request);
  }

  /** List executions, newest start first. */
  @Get('pipeline_execution')
  @Requires('read')
  @ApiPage(ExecutionDto)
  listPipelineExecutions(@Query() query: ListExecutionsQuery): Promise<Page<ExecutionDto>> {
    return this.executions.list(query);
  }

  /**
   * Change an execution after its start.
   *
   * A new parent moves the execution with all its descendants, atomically for every reader. A parent that is the
   * execution itself or one of its descendants is refused with `cycle`. Metadata is merged into the existing metadata.
   */
  @Patch('pipeline_execution/:id')
  @Requires('write')
  @ApiId('The execution')
  @ApiBody({ type: PatchExecutionDto, required: false })
  @ApiAnswers({
    ok: ExecutionDto,
    body: true,
    problems: [new ExecutionNotFoundError(42), new ParentNotFoundError(41), new ExecutionCycleError()],
  })
  patchPipelineExecution(@Param('id', IdPipe) id: number, @Body() request: PatchExecutionDto): Promise<ExecutionDto> {
    return this.patches.patch(id, request);
  }

  /**
   * List all attempts at the same run, oldest first.
   *
   * The attempts at a run are the executions with its `external_id`, and those that repeat one of them by `retry_of`.
   * All but the last are `superseded`.
   */
  @Get('pipeline_execution/:id/attempts')
  @Requires('read')
  @ApiId('The execution')
  @ApiAnswers({ ok: [ExecutionDto], problems: [new ExecutionNotFoundError(42)] })
  getPipelineExecutionAttempts(@Param('id', IdPipe) id: number): Promise<ExecutionDto[]> {
    return this.executions.attempts(id);
  }

  /** Get an execution with its direct children. */
  @Get('pipeline_execution/:id')
  @Requires('read')
  @ApiId('The execution')
  @ApiAnswers({ ok: ExecutionWithChildrenDto, problems: [new ExecutionNotFoundError(42)] })
  getPipelineExecution(@Param('id', IdPipe) id: number): Promise<JsonText<ExecutionWithChildrenDto>> {
    return this.executions.getWithChildren(id);
  }
}
