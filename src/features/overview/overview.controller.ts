import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Requires } from '../../platform/auth/requires.js';
import { ApiAnswers } from '../../platform/http/api.js';
import { OverviewDto, OverviewQuery } from './overview.dto.js';
import { OverviewService } from './overview.service.js';

/** `/overview`: the state of everything in one answer. */
@ApiTags('overview')
@Controller('overview')
export class OverviewController {
  constructor(private readonly overviews: OverviewService) {}

  /** Get what runs, what is wrong, and what happened in the last hours. */
  @Get()
  @Requires('read')
  @ApiAnswers({ ok: OverviewDto, problems: [] })
  getOverview(@Query() query: OverviewQuery): Promise<OverviewDto> {
    return this.overviews.overview(query);
  }
}
