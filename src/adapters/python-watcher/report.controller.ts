import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Requires } from '../../platform/auth/requires.js';
import type { Answer } from '../../platform/http/answer.js';
import { ApiAnswers } from '../../platform/http/api.js';
import {
  DailyMetricsDto,
  DailyMetricsQuery,
  PipelineNamesDto,
  PipelineTypeNamesDto,
  RefreshDto,
  RefreshReportDto,
  ReportedNamesQuery,
} from './report.dto.js';
import { ReportService } from './report.service.js';

/** `/reporting`: the daily report of the older service. Its page leads to the console. */
@ApiTags('python-watcher')
@Controller('reporting')
export class ReportController {
  constructor(private readonly reports: ReportService) {}

  /**
   * Get the executions by day and pipeline of up to 30 days and today. Use `GET /pipeline/{id}/days` instead.
   *
   * Names are compared without case. The rows are always current.
   */
  @Get('daily-pipeline-metrics')
  @Requires('read')
  @ApiOperation({ deprecated: true })
  @ApiAnswers({ ok: DailyMetricsDto, problems: [] })
  getDailyPipelineMetrics(@Query() query: DailyMetricsQuery): Promise<DailyMetricsDto> {
    return this.reports.metrics(query);
  }

  /** Get the names of all pipelines that are not archived, at most 10,000. Use `GET /pipeline` instead. */
  @Get('pipeline-names')
  @Requires('read')
  @ApiOperation({ deprecated: true })
  @ApiAnswers({ ok: PipelineNamesDto, problems: [] })
  getReportedPipelineNames(@Query() query: ReportedNamesQuery): Promise<PipelineNamesDto> {
    return this.reports.pipelineNames(query.pipeline_type_name);
  }

  /** Get the names of all types, at most 10,000. Use `GET /pipeline_type` instead. */
  @Get('pipeline-type-names')
  @Requires('read')
  @ApiOperation({ deprecated: true })
  @ApiAnswers({ ok: PipelineTypeNamesDto, problems: [] })
  getReportedPipelineTypeNames(): Promise<PipelineTypeNamesDto> {
    return this.reports.pipelineTypeNames();
  }

  /** Do nothing: the report and the view `daily_pipeline_report` are always current. */
  @Post('refresh')
  @HttpCode(200)
  @Requires('write')
  @ApiOperation({ deprecated: true })
  @ApiBody({ type: RefreshReportDto, required: false })
  @ApiAnswers({ ok: RefreshDto, body: true, problems: [] })
  refreshDailyReport(@Body() _request: RefreshReportDto): Promise<Answer<RefreshDto>> {
    return this.reports.refresh();
  }
}
