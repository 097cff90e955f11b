import { Body, Controller, Get, Param, Patch, Query } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../../platform/auth/caller.js';
import { CurrentCaller } from '../../../platform/auth/current-caller.js';
import { Requires } from '../../../platform/auth/requires.js';
import { ApiAnswers, ApiId, ApiPage } from '../../../platform/http/api.js';
import { IdPipe } from '../../../platform/http/id.pipe.js';
import type { Page } from '../../../platform/http/page.js';
import { IncidentDto, ListIncidentsQuery, PatchIncidentDto } from './incident.dto.js';
import { IncidentNotFoundError } from './incident.errors.js';
import { IncidentService } from './incident.service.js';

/** `/incident`: open and resolved incidents. */
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

  /**
   * Acknowledge, note, or mute an incident.
   *
   * Only the fields in the body change. A muted incident is checked and resolved like any other, but the service sends
   * no messages about it until `muted_until`.
   */
  @Patch(':id')
  @Requires('write')
  @ApiBody({ type: PatchIncidentDto, required: false })
  @ApiId('The incident')
  @ApiAnswers({ ok: IncidentDto, body: true, problems: [new IncidentNotFoundError(7)] })
  patch(
    @Param('id', IdPipe) id: number,
    @Body() request: PatchIncidentDto,
    @CurrentCaller() caller: Caller,
  ): Promise<IncidentDto> {
    return this.incidents.patch(id, request, caller);
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
