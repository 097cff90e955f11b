import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Requires } from '../../../platform/auth/requires.js';
import { ApiAnswers, ApiColumns, ApiId } from '../../../platform/http/api.js';
import type { Columns } from '../../../platform/http/columns.js';
import { IdPipe } from '../../../platform/http/id.pipe.js';
import { PipelineNotFoundError } from '../../pipeline/pipeline.errors.js';
import { PipelineSeriesDto, PipelineSeriesQuery, PipelineStatisticsDto } from './pipeline-series.dto.js';
import { PipelineSeriesService } from './pipeline-series.service.js';

/** How the executions of a pipeline develop. */
@ApiTags('pipeline')
@Controller('pipeline')
export class PipelineSeriesController {
  constructor(private readonly series: PipelineSeriesService) {}

  /**
   * Get the executions of a pipeline as columns, newest first: durations, rows and watermarks for a chart.
   *
   * A page of columns is about a third of the same page of objects. Expected executions are left out. With
   * `bounds=true`, the rows and durations that were usual at the time are added.
   */
  @Get(':id/series')
  @Requires('read')
  @ApiId('The pipeline')
  @ApiColumns(PipelineSeriesDto, [new PipelineNotFoundError(7)])
  getPipelineSeries(
    @Param('id', IdPipe) id: number,
    @Query() query: PipelineSeriesQuery,
  ): Promise<Columns<PipelineSeriesDto>> {
    return this.series.series(id, query);
  }

  /** Get the usual duration, rows and time of day of a pipeline, over its last 100 successes. */
  @Get(':id/statistics')
  @Requires('read')
  @ApiId('The pipeline')
  @ApiAnswers({ ok: PipelineStatisticsDto, problems: [new PipelineNotFoundError(7)] })
  getPipelineStatistics(@Param('id', IdPipe) id: number): Promise<PipelineStatisticsDto> {
    return this.series.statistics(id);
  }
}
