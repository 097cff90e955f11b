import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import { Requires } from '../../../platform/auth/requires.js';
import type { Answer } from '../../../platform/http/answer.js';
import { ApiAnswers } from '../../../platform/http/api.js';
import { CheckDto, CheckReportDto } from './check.dto.js';
import { CheckService } from './check.service.js';

/** Runs the checks at once; they also run every minute (`WATCHER_CHECK_CRON`). */
@ApiTags('monitoring')
@Controller()
export class CheckController {
  constructor(private readonly checks: CheckService) {}

  /**
   * Check the freshness of all pipelines now.
   *
   * A pipeline is stale when now is past the newest of its `last_target_*` (or its registration, if it never loaded)
   * plus its freshness threshold, or that of its type. Inactive and muted pipelines are left out.
   */
  @Post('freshness')
  @HttpCode(200)
  @Requires('write')
  @ApiBody({ type: CheckDto, required: false })
  @ApiAnswers({ ok: CheckReportDto, body: true, problems: [] })
  checkFreshness(@Body() _request: CheckDto): Promise<Answer<CheckReportDto>> {
    return this.checks.report('freshness');
  }

  /**
   * Check the timeliness of all executions now.
   *
   * An execution is late when its end, or now while it runs, is past its `deadline`; an execution that ended late
   * since the last check counts too, whether it succeeded or failed. Executions of inactive and muted pipelines are
   * left out.
   */
  @Post('timeliness')
  @HttpCode(200)
  @Requires('write')
  @ApiBody({ type: CheckDto, required: false })
  @ApiAnswers({ ok: CheckReportDto, body: true, problems: [] })
  checkTimeliness(@Body() _request: CheckDto): Promise<Answer<CheckReportDto>> {
    return this.checks.report('timeliness');
  }
}
