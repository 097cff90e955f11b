import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Requires } from '../../../platform/auth/requires.js';
import { ApiAnswers, ApiId, ApiPage } from '../../../platform/http/api.js';
import { IdPipe } from '../../../platform/http/id.pipe.js';
import type { Page } from '../../../platform/http/page.js';
import { IncidentDto, ListIncidentsQuery } from './incident.dto.js';
import { IncidentNotFoundError } from './incident.errors.js';
import { IncidentService } from './incident.service.js';

/** `/incident`: what is wrong, and what was. */
@ApiTags('monitoring')
@Controller('incident')
export class IncidentController {
  constructor(private readonly incidents: IncidentService) {}

  /** List incidents, newest first. */
  @Get()
  @Requires('read')
  @ApiPage(IncidentDto)
  listIncidents(@Query() query: ListIncidentsQuery): Promise<Page<IncidentDto>> {
    return this.incidents.list(query);
  }

  /** Get an incident. */
  @Get(':id')
  @Requires('read')
  @ApiId('The incident')
  @ApiAnswers({ ok: IncidentDto, problems: [new IncidentNotFoundError(7)] })
  getIncident(@Param('id', IdPipe) id: number): Promise<IncidentDto> {
    return this.incidents.get(id);
  }
}
