import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { BatchObserverService } from './batch-observer.service.js';
import { HealthController } from './health.controller.js';
import { HealthService } from './health.service.js';
import { MetricsController } from './metrics.controller.js';
import { MetricsService } from './metrics.service.js';
import { PoolMetrics } from './pool-metrics.js';
import { ServiceState } from './service-state.js';

/** Health and metrics of the service, for operators. Features register their figures here. */
@Module({
  // The answer names the failed check; logging it would flood the log when an orchestrator asks every second.
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController, MetricsController],
  providers: [BatchObserverService, HealthService, MetricsService, PoolMetrics, ServiceState],
  exports: [BatchObserverService, MetricsService, ServiceState],
})
export class ObservabilityModule {}
