import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { BatchObserverService } from './batch-observer.service.js';
import { HealthController } from './health.controller.js';
import { HealthService } from './health.service.js';
import { MetricsController } from './metrics.controller.js';
import { MetricsService } from './metrics.service.js';
import { PoolMetrics } from './pool-metrics.js';
import { ServiceState } from './service-state.js';

/** What operators ask of the service itself: health and metrics. Features hand it their figures. */
@Module({
  // What is down stands in the answer; an orchestrator that asks each second would flood the log.
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController, MetricsController],
  providers: [BatchObserverService, HealthService, MetricsService, PoolMetrics, ServiceState],
  exports: [BatchObserverService, MetricsService, ServiceState],
})
export class ObservabilityModule {}
