import { Body, Controller, Get, Param, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Requires } from '../../platform/auth/requires.js';
import { ApiAnswers, ApiId } from '../../platform/http/api.js';
import { IdPipe } from '../../platform/http/id.pipe.js';
import { PipelineNotFoundError } from '../pipeline/pipeline.errors.js';
import { DeclareLineageDto, PipelineLineageDto } from './lineage.dto.js';
import { PipelineLineageService } from './pipeline-lineage.service.js';

/** `/pipeline/{id}/lineage`: what a pipeline reads and writes. */
@ApiTags('lineage')
@Controller('pipeline')
export class PipelineLineageController {
  constructor(private readonly lineage: PipelineLineageService) {}

  /**
   * Get what a pipeline reads and writes now.
   *
   * What it declares, what its runs have shown to lead from an input to an output, and all that its latest success with
   * datasets read and wrote, among the newest 20.
   */
  @Get(':id/lineage')
  @Requires('read')
  @ApiId('The pipeline')
  @ApiAnswers({ ok: PipelineLineageDto, problems: [new PipelineNotFoundError(7)] })
  getPipelineLineage(@Param('id', IdPipe) id: number): Promise<PipelineLineageDto> {
    return this.lineage.get(id);
  }

  /**
   * Declare what a pipeline reads and writes.
   *
   * Replaces what it declared before, as a whole; every output depends on every input. Datasets that are not known yet
   * are created. What its runs have reported stays current until three runs with datasets that ended on later days (UTC) do not
   * show it.
   */
  @Put(':id/lineage')
  @Requires('write')
  @ApiId('The pipeline')
  @ApiAnswers({ ok: PipelineLineageDto, body: true, problems: [new PipelineNotFoundError(7)] })
  declarePipelineLineage(
    @Param('id', IdPipe) id: number,
    @Body() request: DeclareLineageDto,
  ): Promise<PipelineLineageDto> {
    return this.lineage.declare(id, request);
  }
}
