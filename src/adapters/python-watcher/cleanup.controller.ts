import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CleanUpRunningError } from '../../features/retention/retention.errors.js';
import { Requires } from '../../platform/auth/requires.js';
import type { Answer } from '../../platform/http/answer.js';
import { ApiAnswers } from '../../platform/http/api.js';
import { CleanUpDto, CleanUpReportDto } from './cleanup.dto.js';
import { CleanUpService } from './cleanup.service.js';

/** `/log_cleanup`: the clean-up of the older service. */
@ApiTags('python-watcher')
@Controller('log_cleanup')
export class CleanUpController {
  constructor(private readonly cleanUps: CleanUpService) {}

  /**
   * Delete old executions, whole trees only.
   *
   * A tree is deleted if no execution in it has ended, sent a heartbeat or started since the beginning of the UTC day
   * `retention_days` ago, and no incident about it is open. Its executions still count in reports by day. Batches are
   * committed one by one; after 30 seconds the answer is 202 with what was deleted so far, and a repeat continues.
   */
  @Post()
  @HttpCode(200)
  @Requires('admin')
  @ApiOperation({ deprecated: true })
  @ApiAcceptedResponse({ type: CleanUpReportDto, description: 'Old trees are left; repeat the request.' })
  @ApiAnswers({ ok: CleanUpReportDto, body: true, problems: [new CleanUpRunningError()] })
  cleanUpLogs(@Body() request: CleanUpDto): Promise<Answer<CleanUpReportDto>> {
    return this.cleanUps.cleanUp(request);
  }
}
