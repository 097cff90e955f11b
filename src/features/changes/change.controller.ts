import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Requires } from '../../platform/auth/requires.js';
import { ApiTagged } from '../../platform/http/api.js';
import type { Tagged } from '../../platform/http/tagged.js';
import { ChangesDto, ChangesQuery } from './change.dto.js';
import { ChangeService } from './change.service.js';

/** `/changes`: what is new, for pages and programs that poll. */
@ApiTags('changes')
@Controller('changes')
export class ChangeController {
  constructor(private readonly changes: ChangeService) {}

  /**
   * Get hints of what has changed since the last request.
   *
   * Ask every few seconds with the `cursor` of the last answer, and read again what the hints name. Everything that was
   * committed after the moment of the cursor is in a later answer, at least once, in whatever order transactions commit.
   * With `If-None-Match` the answer is 304 while nothing has changed.
   */
  @Get()
  @Requires('read')
  @ApiTagged(ChangesDto)
  getChanges(@Query() query: ChangesQuery): Promise<Tagged<ChangesDto>> {
    return this.changes.since(query.after);
  }
}
