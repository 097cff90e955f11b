import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ExecutionModule } from '../execution/execution.module.js';
import { HierarchyModule } from '../hierarchy/hierarchy.module.js';
import { IdempotencyModule } from '../idempotency/idempotency.module.js';
import { JobModule } from '../jobs/job.module.js';
import { ObservabilityModule } from '../observability/observability.module.js';
import { AlertDeliveryService } from './alert/alert-delivery.service.js';
import { AlertOutboxService } from './alert/alert-outbox.service.js';
import { AlertSenderService } from './alert/alert-sender.service.js';
import { AlertController } from './alert/alert.controller.js';
import { AlertEntity } from './alert/alert.entity.js';
import { AlertRepository } from './alert/alert.repository.js';
import { AlertService } from './alert/alert.service.js';
import { CheckScheduleService } from './check/check-schedule.service.js';
import { CheckController } from './check/check.controller.js';
import { CheckRepository } from './check/check.repository.js';
import { CheckService } from './check/check.service.js';
import { FailureWatchService } from './incident/failure-watch.service.js';
import { IncidentController } from './incident/incident.controller.js';
import { IncidentEntity, LateEndEntity } from './incident/incident.entity.js';
import { IncidentEvents } from './incident/incident.events.js';
import { IncidentRepository } from './incident/incident.repository.js';
import { IncidentService } from './incident/incident.service.js';
import { MonitoringMetrics } from './monitoring-metrics.js';

/** Judges what the modules below have recorded: the checks, the incidents they open and resolve, the alerts of those. */
@Module({
  imports: [
    ExecutionModule,
    HierarchyModule,
    IdempotencyModule,
    JobModule,
    ObservabilityModule,
    TypeOrmModule.forFeature([AlertEntity, IncidentEntity, LateEndEntity]),
  ],
  controllers: [AlertController, CheckController, IncidentController],
  providers: [
    AlertDeliveryService,
    AlertOutboxService,
    AlertRepository,
    AlertSenderService,
    AlertService,
    CheckRepository,
    CheckScheduleService,
    CheckService,
    FailureWatchService,
    IncidentEvents,
    IncidentRepository,
    IncidentService,
    MonitoringMetrics,
  ],
})
export class MonitoringModule {}
