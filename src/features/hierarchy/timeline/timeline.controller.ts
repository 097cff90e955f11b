import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Requires } from '../../../platform/auth/requires.js';
import { ApiAnswers, ApiId } from '../../../platform/http/api.js';
import { IdPipe } from '../../../platform/http/id.pipe.js';
import { ExecutionNotFoundError } from '../../execution/execution.errors.js';
import { TimelineDto, TimelineQuery } from './timeline.dto.js';
import { TimelineService } from './timeline.service.js';

/** A tree as it is drawn. */
@ApiTags('hierarchy')
@Controller('pipeline_execution/:id/timeline')
export class TimelineController {
  constructor(private readonly timelines: TimelineService) {}

  /**
   * Get the tree below an execution as columns, for a timeline.
   *
   * It has what is drawn of the execution itself and of all descendants, without metadata. A page that shows a running
   * tree asks again with `after`, and gets only what has changed.
   */
  @Get()
  @Requires('read')
  @ApiId('The execution')
  @ApiAnswers({ ok: TimelineDto, problems: [new ExecutionNotFoundError(42)] })
  getTimeline(@Param('id', IdPipe) id: number, @Query() query: TimelineQuery): Promise<TimelineDto> {
    return this.timelines.timeline(id, query);
  }
}
