import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ExecutionModule } from '../execution/execution.module.js';
import { HierarchyModule } from '../hierarchy/hierarchy.module.js';
import { IdempotencyModule } from '../idempotency/idempotency.module.js';
import { OperationModule } from '../operation/operation.module.js';
import { AlertOutboxService } from './alert/alert-outbox.service.js';
import { AlertTestService } from './alert/alert-test.service.js';
import { AlertController } from './alert/alert.controller.js';
import { AlertEntity } from './alert/alert.entity.js';
import { AlertRepository } from './alert/alert.repository.js';
import { AlertService } from './alert/alert.service.js';
import { AlertCleanupService } from './alert/delivery/alert-cleanup.service.js';
import { AlertDeliveryService } from './alert/delivery/alert-delivery.service.js';
import { AlertSenderService } from './alert/delivery/alert-sender.service.js';
import { AlertRoutesService } from './alert/route/alert-routes.service.js';
import { CheckScheduleService } from './check/check-schedule.service.js';
import { CheckController } from './check/check.controller.js';
import { CheckRepository } from './check/check.repository.js';
import { CheckService } from './check/check.service.js';
import { FindingMessageService } from './check/finding-message.service.js';
import { LateEndService } from './check/late-end.service.js';
import { FailureWatchService } from './incident/failure-watch.service.js';
import { FailureRepository } from './incident/failure.repository.js';
import { IncidentController } from './incident/incident.controller.js';
import { IncidentEntity, IncidentFailureEntity, LateEndEntity } from './incident/incident.entity.js';
import { IncidentRepository } from './incident/incident.repository.js';
import { IncidentService } from './incident/incident.service.js';
import { JobService } from './job.service.js';
import { MonitoringMetrics } from './monitoring-metrics.js';

/** Judges what the modules below have recorded: the checks, the incidents they open and resolve, the alerts of those. */
@Module({
  imports: [
    ExecutionModule,
    HierarchyModule,
    IdempotencyModule,
    OperationModule,
    TypeOrmModule.forFeature([AlertEntity, IncidentEntity, IncidentFailureEntity, LateEndEntity]),
  ],
  controllers: [AlertController, CheckController, IncidentController],
  providers: [
    AlertCleanupService,
    AlertDeliveryService,
    AlertOutboxService,
    AlertRepository,
    AlertRoutesService,
    AlertSenderService,
    AlertService,
    AlertTestService,
    CheckRepository,
    CheckScheduleService,
    CheckService,
    FailureRepository,
    FailureWatchService,
    FindingMessageService,
    IncidentRepository,
    IncidentService,
    JobService,
    LateEndService,
    MonitoringMetrics,
  ],
})
export class MonitoringModule {}
