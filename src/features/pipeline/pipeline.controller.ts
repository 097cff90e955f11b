import { Body, Controller, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Answer } from '../../platform/http/answer.js';
import { Requires } from '../../platform/auth/requires.js';
import { ApiAnswers, ApiId, ApiPage } from '../../platform/http/api.js';
import { IdPipe } from '../../platform/http/id.pipe.js';
import { type Page, PageQuery } from '../../platform/http/page.js';
import { PipelineRegistrationService } from './pipeline-registration.service.js';
import {
  PipelineConfigurationChangeDto,
  ListPipelinesQuery,
  PatchPipelineDto,
  PipelineDto,
  RegisteredPipelineDto,
  RegisterPipelineDto,
} from './pipeline.dto.js';
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
   * Get-or-create by name. All fields but `next_watermark` are the pipeline's configuration: when they differ from
   * what the code sent last, the row becomes exactly what the code says (left out = null) and the change is kept in
   * the history; when they don't, nothing is written but a given `next_watermark`. Never touches `watermark`,
   * `active`, mute flags or `last_target_*`.
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
   * code's own configuration changes.
   */
  @Patch()
  @Requires('admin')
  @ApiAnswers({
    ok: PipelineDto,
    body: true,
    problems: [new PipelineNotFoundError(7), new NameTakenError('Customer Data Pipeline')],
  })
  patchPipeline(@Body() request: PatchPipelineDto): Promise<PipelineDto> {
    return this.pipelines.patch(request);
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
