import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Requires } from '../auth/requires.js';
import { ApiRedirect, ApiReport } from '../http/api.js';
import { HealthDto, ServiceStatusDto } from './health.dto.js';
import { HealthService } from './health.service.js';

/** Whether the service is alive and ready. */
@ApiTags('operations')
@Controller()
export class HealthController {
  constructor(private readonly health: HealthService) {}

  /** Whether the service answers. */
  @Get()
  @Requires('open')
  @ApiReport(ServiceStatusDto)
  @ApiRedirect('To the console, for browsers (`Accept: text/html`), where it is served.')
  getStatus(): ServiceStatusDto {
    return { status: 'ok' };
  }

  /** Whether the process is alive: if this fails, restart it. Does not check the database. */
  @Get('health/live')
  @Requires('open')
  @ApiReport(ServiceStatusDto)
  getLiveness(): ServiceStatusDto {
    return { status: 'ok' };
  }

  /**
   * Whether the service can handle requests: the database is reachable, its schema is up to date, and the service is
   * not stopping.
   */
  @Get('health/ready')
  @Requires('open')
  @ApiReport(ServiceStatusDto, [503])
  async getReadiness(): Promise<ServiceStatusDto> {
    await this.health.requireReady();
    return { status: 'ok' };
  }

  /** Liveness and readiness, in detail. */
  @Get('health')
  @Requires('open')
  @ApiReport(HealthDto)
  getHealth(): Promise<HealthDto> {
    return this.health.full();
  }
}
