import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Requires } from '../../platform/auth/requires.js';
import { ApiAnswers } from '../../platform/http/api.js';
import { SearchQuery, SearchResultDto } from './search.dto.js';
import { SearchService } from './search.service.js';

/** One search over everything. */
@ApiTags('search')
@Controller('search')
export class SearchController {
  constructor(private readonly searches: SearchService) {}

  /** Find pipelines and datasets by a part of their name, and executions by their id or external id. */
  @Get()
  @Requires('read')
  @ApiAnswers({ ok: SearchResultDto, problems: [] })
  search(@Query() query: SearchQuery): Promise<SearchResultDto> {
    return this.searches.search(query);
  }
}
