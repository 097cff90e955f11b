import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Requires } from '../../platform/auth/requires.js';
import type { Answer } from '../../platform/http/answer.js';
import { ApiAnswers } from '../../platform/http/api.js';
import { MonitorQueueDto, QueueReportDto } from './queue.dto.js';
import { QueueService } from './queue.service.js';

/** `/celery/monitor-queue`: the backlog, as clients of the older service ask for it. */
@ApiTags('python-watcher')
@Controller('celery')
export class QueueController {
  constructor(private readonly queues: QueueService) {}

  /**
   * Count the background work that waits. Use `GET /metrics` with an alert rule instead.
   *
   * Alerts that wait for their receiver, and jobs that are due; each counted up to 100,000. No alert is sent.
   */
  @Post('monitor-queue')
  @HttpCode(200)
  @Requires('write')
  @ApiOperation({ deprecated: true })
  @ApiBody({ type: MonitorQueueDto, required: false })
  @ApiAnswers({ ok: QueueReportDto, body: true, problems: [] })
  monitorQueue(@Body() _request: MonitorQueueDto): Promise<Answer<QueueReportDto>> {
    return this.queues.report();
  }
}
