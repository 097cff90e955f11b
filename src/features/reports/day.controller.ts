import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Requires } from '../../platform/auth/requires.js';
import { ApiId, ApiPage } from '../../platform/http/api.js';
import { IdPipe } from '../../platform/http/id.pipe.js';
import type { Page } from '../../platform/http/page.js';
import { PipelineNotFoundError } from '../pipeline/pipeline.errors.js';
import { ListDaysQuery, PipelineDayDto } from './day.dto.js';
import { DayService } from './day.service.js';

/** The executions of a pipeline by day. */
@ApiTags('pipeline')
@Controller('pipeline')
export class DayController {
  constructor(private readonly days: DayService) {}

  /**
   * List the executions of a pipeline by day, newest first: how many, their results, rows and seconds.
   *
   * A day is the UTC date of the start; today is included. Executions that were deleted because of their age still
   * count. Days without an execution are left out.
   */
  @Get(':id/days')
  @Requires('read')
  @ApiId('The pipeline')
  @ApiPage(PipelineDayDto, [new PipelineNotFoundError(7)])
  listPipelineDays(@Param('id', IdPipe) id: number, @Query() query: ListDaysQuery): Promise<Page<PipelineDayDto>> {
    return this.days.list(id, query);
  }
}
