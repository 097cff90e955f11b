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
import { ListPipelinesQuery } from './pipeline-list.dto.js';
import { PatchPipelineDto, RegisterPipelineDto } from './pipeline-request.dto.js';
import { PipelinePatchService } from './pipeline-patch.service.js';
import { ListedPipelineDto } from './pipeline-status.dto.js';
import { PipelineService } from './pipeline.service.js';
import { NameTakenError, PipelineNotFoundError } from './pipeline.errors.js';

@ApiTags('pipeline')
@Controller('pipeline')
export class PipelineController {
  constructor(
    private readonly registration: PipelineRegistrationService,
    private readonly pipelines: PipelineService,
    private readonly patches: PipelinePatchService,
  ) {}

  /**
   * Register a pipeline, or find it by name, and update its configuration from its source code.
   *
   * Metadata, schedule and thresholds are the pipeline's configuration. A body with any of these fields, even null, declares all
   * of them; omitted ones are null. If they differ from the last declaration, they replace the stored configuration and
   * the change is added to the history. Otherwise, and for a body without any of them, an existing pipeline changes only
   * in its `next_watermark`, if one is given. `watermark` and `last_target_*` never change; `active` and the mute flags
   * are used only when the pipeline is created.
   */
  @Post()
  @Requires('write')
  @ApiAnswers({ created: RegisteredPipelineDto, ok: RegisteredPipelineDto, body: true, problems: [] })
  registerPipeline(
    @Body() request: RegisterPipelineDto,
    @CurrentCaller() caller: Caller,
  ): Promise<Answer<RegisteredPipelineDto>> {
    return this.registration.register(request, caller);
  }

  /**
   * Change a pipeline by hand.
   *
   * Only fields in the body change; null clears a nullable field. The changes last until the configuration in the
   * source code changes. Executions that started before a change of `watermark` no longer move it. If exactly one
   * execution of the pipeline is running, a change of `next_watermark` also changes the value of that execution.
   * Changing `watermark`, `next_watermark` and `load_lineage` requires the scope `write`; all other fields require `admin`.
   */
  @Patch()
  @Requires('write')
  @ApiAnswers({
    ok: PipelineDto,
    body: true,
    problems: [new PipelineNotFoundError(7), new NameTakenError('Customer Data Pipeline')],
  })
  patchPipeline(@Body() request: PatchPipelineDto, @CurrentCaller() caller: Caller): Promise<PipelineDto> {
    return this.patches.patch(request, caller);
  }

  /** List pipelines, oldest first. */
  @Get()
  @Requires('read')
  @ApiPage(ListedPipelineDto)
  listPipelines(@Query() query: ListPipelinesQuery): Promise<Page<ListedPipelineDto>> {
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
