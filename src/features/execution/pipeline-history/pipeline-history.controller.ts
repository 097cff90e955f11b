import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Requires } from '../../../platform/auth/requires.js';
import { ApiId, ApiPage } from '../../../platform/http/api.js';
import { IdPipe } from '../../../platform/http/id.pipe.js';
import { type Page, PageQuery } from '../../../platform/http/page.js';
import { PipelineNotFoundError } from '../../pipeline/pipeline.errors.js';
import { PipelineChangeDto, WatermarkMoveDto } from './pipeline-history.dto.js';
import { PipelineHistoryService } from './pipeline-history.service.js';

/** The history of a pipeline. */
@ApiTags('pipeline')
@Controller('pipeline')
export class PipelineHistoryController {
  constructor(private readonly history: PipelineHistoryService) {}

  /**
   * List everything that changed a pipeline, newest first.
   *
   * Each change by a caller is listed with the fields that it changed: the creation, changes of the configuration by the
   * source code, and PATCH; but not the `next_watermark` of a registration. Moves of the watermark by executions are
   * listed between them.
   */
  @Get(':id/changes')
  @Requires('read')
  @ApiId('The pipeline')
  @ApiPage(PipelineChangeDto, [new PipelineNotFoundError(7)])
  getPipelineChanges(@Param('id', IdPipe) id: number, @Query() query: PageQuery): Promise<Page<PipelineChangeDto>> {
    return this.history.changes(id, query);
  }

  /**
   * List the moves of a pipeline's watermark, newest first.
   *
   * A successful execution with a `next_watermark` moves it, unless one that started later, or a PATCH after its start,
   * has moved it before. One that OpenLineage reports moves it only where its `next_watermark` is greater, as text, than
   * those of the executions that started before it and after the last PATCH. A page may be shorter than `limit`, even empty, and still have a next one.
   */
  @Get(':id/watermarks')
  @Requires('read')
  @ApiId('The pipeline')
  @ApiPage(WatermarkMoveDto, [new PipelineNotFoundError(7)])
  getPipelineWatermarks(@Param('id', IdPipe) id: number, @Query() query: PageQuery): Promise<Page<WatermarkMoveDto>> {
    return this.history.watermarks(id, query);
  }
}
