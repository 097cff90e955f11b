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

/** `/alert`: the messages that were sent, that wait, and that were given up. */
@ApiTags('monitoring')
@Controller('alert')
export class AlertController {
  constructor(
    private readonly alerts: AlertService,
    private readonly tests: AlertTestService,
  ) {}

  /** List alerts, newest first: what was sent, what waits and why, what was given up. */
  @Get()
  @Requires('read')
  @ApiPage(AlertDto)
  listAlerts(@Query() query: ListAlertsQuery): Promise<Page<AlertDto>> {
    return this.alerts.list(query);
  }

  /**
   * Send a test message through the routes of a pipeline.
   *
   * The answer says which routes an alert of the pipeline takes, and whether each of their targets took the message. It
   * comes when all have answered, after 12 seconds at the latest. A test is tried once; with the same `Idempotency-Key`
   * nothing more is sent, and the answer says how that test went. At PagerDuty it opens an incident, which has to be
   * resolved there.
   */
  @Post('test')
  @HttpCode(200)
  @Requires('admin')
  @ApiAnswers({ ok: AlertTestDto, body: true, problems: [new PipelineNotFoundError(7)] })
  test(@Body() request: TestAlertDto): Promise<Answer<AlertTestDto>> {
    return this.tests.send(request);
  }
}
