import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ExecutionModule } from '../execution/execution.module.js';
import { HierarchyModule } from '../hierarchy/hierarchy.module.js';
import { IdempotencyModule } from '../../platform/idempotency/idempotency.module.js';
import { PipelineModule } from '../pipeline/pipeline.module.js';
import { JobModule } from '../../platform/jobs/job.module.js';
import { ObservabilityModule } from '../../platform/observability/observability.module.js';
import { AlertOutboxService } from './alerts/alert-outbox.service.js';
import { AlertTestService } from './alerts/alert-test.service.js';
import { AlertController } from './alerts/alert.controller.js';
import { AlertEntity } from './alerts/alert.entity.js';
import { AlertRepository } from './alerts/alert.repository.js';
import { AlertService } from './alerts/alert.service.js';
import { IncidentAlertService } from './alerts/incident-alert.service.js';
import { AlertCleanupService } from './alerts/delivery/alert-cleanup.service.js';
import { AlertDeliveryService } from './alerts/delivery/alert-delivery.service.js';
import { AlertImpactService } from './alerts/delivery/alert-impact.service.js';
import { AlertSenderService } from './alerts/delivery/alert-sender.service.js';
import { AlertRoutesService } from './alerts/route/alert-routes.service.js';
import { CheckScheduleService } from './checks/check-schedule.service.js';
import { CheckFinderService } from './checks/check-finder.service.js';
import { CheckController } from './checks/check.controller.js';
import { CheckRepository } from './checks/check.repository.js';
import { CheckService } from './checks/check.service.js';
import { FindingEventsService } from './checks/finding-events.service.js';
import { LateEndEntity } from './checks/late-end.entity.js';
import { LateEndService } from './checks/late-end.service.js';
import { LostRepository } from './checks/lost.repository.js';
import { LostService } from './checks/lost.service.js';
import { MissedRepository } from './checks/missed.repository.js';
import { MissedService } from './checks/missed.service.js';
import { FailureNewsService } from './incidents/failure-news.service.js';
import { FailureWatchService } from './incidents/failure-watch.service.js';
import { RestatedFailureService } from './incidents/restated-failure.service.js';
import { RestatedRepository } from './incidents/restated.repository.js';
import { FailureRepository } from './incidents/failure.repository.js';
import { IncidentController } from './incidents/incident.controller.js';
import { IncidentEntity, IncidentFailureEntity } from './incidents/incident.entity.js';
import { IncidentModule } from './incidents/incident.module.js';
import { IncidentRepository } from './incidents/incident.repository.js';
import { IncidentService } from './incidents/incident.service.js';
import { MonitoringSweepService } from './monitoring-sweep.service.js';
import { MonitoringMetrics } from './monitoring-metrics.js';

/** Evaluates the data of the modules below: runs the checks, opens and resolves incidents, and sends alerts. */
@Module({
  imports: [
    ExecutionModule,
    HierarchyModule,
    IdempotencyModule,
    IncidentModule,
    JobModule,
    ObservabilityModule,
    PipelineModule,
    TypeOrmModule.forFeature([AlertEntity, IncidentEntity, IncidentFailureEntity, LateEndEntity]),
  ],
  controllers: [AlertController, CheckController, IncidentController],
  providers: [
    AlertCleanupService,
    AlertDeliveryService,
    AlertImpactService,
    AlertOutboxService,
    AlertRepository,
    AlertRoutesService,
    AlertSenderService,
    AlertService,
    AlertTestService,
    CheckFinderService,
    CheckRepository,
    CheckScheduleService,
    CheckService,
    FailureNewsService,
    FailureRepository,
    FailureWatchService,
    FindingEventsService,
    IncidentAlertService,
    IncidentRepository,
    IncidentService,
    LateEndService,
    LostRepository,
    LostService,
    MissedRepository,
    MissedService,
    MonitoringMetrics,
    RestatedFailureService,
    RestatedRepository,
    MonitoringSweepService,
  ],
})
export class MonitoringModule {}
