import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Requires } from '../../../platform/auth/requires.js';
import type { Answer } from '../../../platform/http/answer.js';
import { ApiAnswers, ApiId } from '../../../platform/http/api.js';
import { IdPipe } from '../../../platform/http/id.pipe.js';
import { ExecutionEndedError, ExecutionNotFoundError, NoHeartbeatError } from '../execution.errors.js';
import { HeartbeatDto, HeartbeatReportDto, LastHeartbeatDto } from './heartbeat.dto.js';
import { HeartbeatService } from './heartbeat.service.js';

/** Receives and shows signs of life. */
@ApiTags('execution')
@Controller()
export class HeartbeatController {
  constructor(private readonly heartbeats: HeartbeatService) {}

  /**
   * Report that executions are alive.
   *
   * With `id`, a running execution is answered with 204, and one that has ended or was found lost with 409
   * `execution_already_ended`, so that its worker stops. With `ids`, the answer is 200 and lists those that have ended
   * and those that are unknown. An execution that has sent a heartbeat and then falls silent becomes `lost` after
   * `lost_after_number` `lost_after_datepart`s of its pipeline or its type; by default after three times its usual time
   * between heartbeats, and at least 10 minutes. At most one heartbeat in 15 seconds is stored for each execution.
   */
  @Post('heartbeat')
  @HttpCode(200)
  @Requires('write')
  @ApiAnswers({
    ok: HeartbeatReportDto,
    noContent: 'The execution given by `id` is running.',
    body: true,
    problems: [new ExecutionNotFoundError(42), new ExecutionEndedError(42)],
  })
  heartbeat(@Body() request: HeartbeatDto): Promise<Answer<HeartbeatReportDto | null>> {
    return this.heartbeats.beat(request);
  }

  /** Get the last heartbeat of a running execution, with its progress. */
  @Get('pipeline_execution/:id/heartbeat')
  @Requires('read')
  @ApiId('The execution')
  @ApiAnswers({ ok: LastHeartbeatDto, problems: [new NoHeartbeatError(42)] })
  getPipelineExecutionHeartbeat(@Param('id', IdPipe) id: number): Promise<LastHeartbeatDto> {
    return this.heartbeats.get(id);
  }
}
