import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Requires } from '../auth/requires.js';
import { ApiReport } from '../http/api.js';
import { HealthDto, StatusDto } from './health.dto.js';
import { HealthService } from './health.service.js';

/** Whether the service is there, and whether it can serve. */
@ApiTags('health')
@Controller()
export class HealthController {
  constructor(private readonly health: HealthService) {}

  /** Whether the service answers at all. */
  @Get()
  @Requires('open')
  @ApiReport(StatusDto)
  root(): StatusDto {
    return { status: 'ok' };
  }

  /** Whether the process lives: a restart helps when this fails. Says nothing of the database. */
  @Get('health/live')
  @Requires('open')
  @ApiReport(StatusDto)
  live(): StatusDto {
    return { status: 'ok' };
  }

  /** Whether requests can be served: the database is reachable, its schema up to date, the service not stopping. */
  @Get('health/ready')
  @Requires('open')
  @ApiReport(StatusDto, [503])
  async ready(): Promise<StatusDto> {
    await this.health.requireReady();
    return { status: 'ok' };
  }

  /** Live and ready, in detail. */
  @Get('health')
  @Requires('open')
  @ApiReport(HealthDto)
  full(): Promise<HealthDto> {
    return this.health.full();
  }
}
