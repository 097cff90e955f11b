import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Requires } from '../../platform/auth/requires.js';
import { ApiPage } from '../../platform/http/api.js';
import type { Page } from '../../platform/http/page.js';
import { ListPipelineDaysQuery, NamedPipelineDayDto } from './day.dto.js';
import { DayService } from './day.service.js';

/** `/pipeline_day`: the daily report. */
@ApiTags('pipeline')
@Controller('pipeline_day')
export class PipelineDayController {
  constructor(private readonly days: DayService) {}

  /**
   * List the executions of all pipelines by day, newest first.
   *
   * Each day and pipeline with an execution, today included; at most 92 days, and without a range the last 30. For the
   * whole history of one pipeline use `GET /pipeline/{id}/days`.
   */
  @Get()
  @Requires('read')
  @ApiPage(NamedPipelineDayDto)
  listDaysOfPipelines(@Query() query: ListPipelineDaysQuery): Promise<Page<NamedPipelineDayDto>> {
    return this.days.listAll(query);
  }
}
