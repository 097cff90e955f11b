import { Module } from '@nestjs/common';
import { HealthController } from './health.controller.js';
import { HealthService } from './health.service.js';
import { ServiceState } from './service-state.js';

/** What operators ask of the service itself. */
@Module({
  controllers: [HealthController],
  providers: [HealthService, ServiceState],
  exports: [ServiceState],
})
export class OperationModule {}
