import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBody, ApiTags } from '@nestjs/swagger';
import { Requires } from '../../platform/auth/requires.js';
import type { Answer } from '../../platform/http/answer.js';
import { ApiAnswers } from '../../platform/http/api.js';
import { RetentionDto, RetentionReportDto, RunRetentionDto } from './retention.dto.js';
import { RetentionRequestService } from './retention-request.service.js';

/** Shows and starts the deletion by age; it also runs by `WATCHER_RETENTION_CRON`. */
@ApiTags('retention')
@Controller('retention')
export class RetentionController {
  constructor(private readonly requests: RetentionRequestService) {}

  /** Show how long executions are kept, what the last deletion by age did, and what is left to do. */
  @Get()
  @Requires('read')
  @ApiAnswers({ ok: RetentionDto, problems: [] })
  getRetention(): Promise<RetentionDto> {
    return this.requests.show();
  }

  /**
   * Delete what is too old now, in the background; or with `dry_run` count it at once.
   *
   * Whole trees only: one goes if no execution in it has ended, sent a heartbeat or started since the cutoff, no incident
   * about it is open, and its root is not among the newest of its pipeline. The cutoff is by the `retention` of the root's
   * pipeline, else of its type, else by the settings. Executions that are deleted still count in reports by day.
   */
  @Post()
  @HttpCode(200)
  @Requires('admin')
  @ApiBody({ type: RunRetentionDto, required: false })
  @ApiAcceptedResponse({
    type: RetentionReportDto,
    description: 'A run begins in a moment; `GET /retention` shows it.',
  })
  @ApiAnswers({ ok: RetentionReportDto, body: true, problems: [] })
  runRetention(@Body() { dry_run: isDry }: RunRetentionDto): Promise<Answer<RetentionReportDto>> {
    return isDry ? this.requests.dryRun() : this.requests.run();
  }
}
