import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiProduces, ApiTags } from '@nestjs/swagger';
import { Requires } from '../auth/requires.js';
import { MetricsService } from './metrics.service.js';

/** `/metrics` for Prometheus. */
@ApiTags('operations')
@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: MetricsService) {}

  /**
   * Metrics of the service for Prometheus.
   *
   * Figures from the database are up to ten seconds old, and absent while it can't be reached.
   */
  @Get()
  @Requires('metrics')
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  @ApiProduces('text/plain')
  @ApiOkResponse({ description: 'The text format of Prometheus.', schema: { type: 'string' } })
  getMetrics(): Promise<string> {
    return this.metrics.text();
  }
}
