import { Body, Controller, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Answer } from '../../platform/http/answer.js';
import { Requires } from '../../platform/auth/requires.js';
import { ApiAnswers, ApiId, ApiPage } from '../../platform/http/api.js';
import { IdPipe } from '../../platform/http/id.pipe.js';
import type { Page } from '../../platform/http/page.js';
import {
  CreatePipelineTypeDto,
  ListPipelineTypesQuery,
  PatchPipelineTypeDto,
  PipelineTypeDto,
} from './pipeline-type.dto.js';
import { PipelineTypeService } from './pipeline-type.service.js';
import { NameTakenError, PipelineTypeNotFoundError } from './pipeline.errors.js';

/** `/pipeline_type`: the types of pipelines, with the default thresholds of their pipelines. */
@ApiTags('pipeline')
@Controller('pipeline_type')
export class PipelineTypeController {
  constructor(private readonly types: PipelineTypeService) {}

  /**
   * Create a type, or find it by name.
   *
   * An existing type does not change; use PATCH to change it.
   */
  @Post()
  @Requires('write')
  @ApiAnswers({ created: PipelineTypeDto, ok: PipelineTypeDto, body: true, problems: [] })
  createPipelineType(@Body() request: CreatePipelineTypeDto): Promise<Answer<PipelineTypeDto>> {
    return this.types.getOrCreate(request);
  }

  /**
   * Change a type.
   *
   * Only fields in the body change; null clears a threshold.
   */
  @Patch()
  @Requires('admin')
  @ApiAnswers({
    ok: PipelineTypeDto,
    body: true,
    problems: [new PipelineTypeNotFoundError(7), new NameTakenError('extraction')],
  })
  patchPipelineType(@Body() request: PatchPipelineTypeDto): Promise<PipelineTypeDto> {
    return this.types.patch(request);
  }

  /** List types, oldest first. */
  @Get()
  @Requires('read')
  @ApiPage(PipelineTypeDto)
  listPipelineTypes(@Query() query: ListPipelineTypesQuery): Promise<Page<PipelineTypeDto>> {
    return this.types.list(query);
  }

  /** Get a type. */
  @Get(':id')
  @Requires('read')
  @ApiId('The type')
  @ApiAnswers({ ok: PipelineTypeDto, problems: [new PipelineTypeNotFoundError(7)] })
  getPipelineType(@Param('id', IdPipe) id: number): Promise<PipelineTypeDto> {
    return this.types.get(id);
  }
}
