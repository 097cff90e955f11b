import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Requires } from '../../../platform/auth/requires.js';
import type { Answer } from '../../../platform/http/answer.js';
import { ApiAnswers, ApiPage } from '../../../platform/http/api.js';
import type { Page } from '../../../platform/http/page.js';
import { PipelineNotFoundError } from '../../pipeline/pipeline.errors.js';
import { AlertTestService } from './alert-test.service.js';
import { AlertDto, AlertTestDto, ListAlertsQuery, TestAlertDto } from './alert.dto.js';
import { AlertService } from './alert.service.js';

/** `/alert`: messages that were sent, are waiting, or were given up. */
@ApiTags('monitoring')
@Controller('alert')
export class AlertController {
  constructor(
    private readonly alerts: AlertService,
    private readonly tests: AlertTestService,
  ) {}

  /** List alerts, newest first: sent, waiting (with the reason), or given up. */
  @Get()
  @Requires('read')
  @ApiPage(AlertDto)
  listAlerts(@Query() query: ListAlertsQuery): Promise<Page<AlertDto>> {
    return this.alerts.list(query);
  }

  /**
   * Send a test message through the routes of a pipeline.
   *
   * The answer lists the routes that match an alert of the pipeline, and the result for each of their targets. It is
   * sent when all targets have answered, after 12 seconds at the latest. A test is tried once; a repeated request with
   * the same `Idempotency-Key` sends nothing more and returns the result of the first. At PagerDuty a test opens an
   * incident, which you have to resolve there.
   */
  @Post('test')
  @HttpCode(200)
  @Requires('admin')
  @ApiAnswers({ ok: AlertTestDto, body: true, problems: [new PipelineNotFoundError(7)] })
  test(@Body() request: TestAlertDto): Promise<Answer<AlertTestDto>> {
    return this.tests.send(request);
  }
}
