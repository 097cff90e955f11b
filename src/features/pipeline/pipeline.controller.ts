import { Body, Controller, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Answer } from '../../platform/http/answer.js';
import type { Caller } from '../../platform/auth/caller.js';
import { CurrentCaller } from '../../platform/auth/current-caller.js';
import { Requires } from '../../platform/auth/requires.js';
import { ApiAnswers, ApiId, ApiPage } from '../../platform/http/api.js';
import { IdPipe } from '../../platform/http/id.pipe.js';
import { type Page, PageQuery } from '../../platform/http/page.js';
import { PipelineRegistrationService } from './pipeline-registration.service.js';
import { PipelineConfigurationChangeDto, PipelineDto, RegisteredPipelineDto } from './pipeline.dto.js';
import { ListPipelinesQuery, PatchPipelineDto, RegisterPipelineDto } from './pipeline-request.dto.js';
import { PipelineService } from './pipeline.service.js';
import { NameTakenError, PipelineNotFoundError } from './pipeline.errors.js';

/** `/pipeline`: the registry of pipelines. */
@ApiTags('pipeline')
@Controller('pipeline')
export class PipelineController {
  constructor(
    private readonly registration: PipelineRegistrationService,
    private readonly pipelines: PipelineService,
  ) {}

  /**
   * Register a pipeline, or find it, and keep its configuration in step with its source code.
   *
   * Get-or-create by name. Metadata and thresholds are the pipeline's configuration. A body that has one of these
   * fields, null included, declares all of them, left out = null: when they differ from what the code sent last, the
   * row becomes exactly what the code says and the change is kept in the history; when they don't, nothing is written
   * but a given `next_watermark`. A body without any of them declares nothing, and changes nothing of a pipeline that
   * is there but a given `next_watermark`. Never touches `watermark`, `last_target_*`, nor `active` and the mute flags
   * after the creation.
   */
  @Post()
  @Requires('write')
  @ApiAnswers({ created: RegisteredPipelineDto, ok: RegisteredPipelineDto, body: true, problems: [] })
  registerPipeline(@Body() request: RegisterPipelineDto): Promise<Answer<RegisteredPipelineDto>> {
    return this.registration.register(request);
  }

  /**
   * Change a pipeline by hand.
   *
   * Only what is in the body changes; null clears a field that can be null. What is changed here stays until the
   * code's own configuration changes. A change of `watermark` counts as a move at this moment: executions that started
   * before it no longer move it. A change of `next_watermark` while exactly one execution of the pipeline runs changes
   * that execution's too. The scope `write` is enough for `watermark`, `next_watermark` and `load_lineage`; all else
   * takes `admin`.
   */
  @Patch()
  @Requires('write')
  @ApiAnswers({
    ok: PipelineDto,
    body: true,
    problems: [new PipelineNotFoundError(7), new NameTakenError('Customer Data Pipeline')],
  })
  patchPipeline(@Body() request: PatchPipelineDto, @CurrentCaller() caller: Caller): Promise<PipelineDto> {
    return this.pipelines.patch(request, caller);
  }

  /** List pipelines, oldest first. */
  @Get()
  @Requires('read')
  @ApiPage(PipelineDto)
  listPipelines(@Query() query: ListPipelinesQuery): Promise<Page<PipelineDto>> {
    return this.pipelines.list(query);
  }

  /** Get a pipeline. */
  @Get(':id')
  @Requires('read')
  @ApiId('The pipeline')
  @ApiAnswers({ ok: PipelineDto, problems: [new PipelineNotFoundError(7)] })
  getPipeline(@Param('id', IdPipe) id: number): Promise<PipelineDto> {
    return this.pipelines.get(id);
  }

  /** List the changes of a pipeline's configuration by its source code, newest first. */
  @Get(':id/history')
  @Requires('read')
  @ApiId('The pipeline')
  @ApiPage(PipelineConfigurationChangeDto, [new PipelineNotFoundError(7)])
  getPipelineHistory(
    @Param('id', IdPipe) id: number,
    @Query() query: PageQuery,
  ): Promise<Page<PipelineConfigurationChangeDto>> {
    return this.pipelines.history(id, query);
  }
}
