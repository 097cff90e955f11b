import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { IdempotencyModule } from '../../platform/idempotency/idempotency.module.js';
import { ChangeModule } from '../changes/change.module.js';
import { NamePolicy } from './name-policy.js';
import { PipelineChangeEntity } from './pipeline-change.entity.js';
import { PipelineChangeService } from './pipeline-change.service.js';
import { PipelineConfigHistoryEntity } from './pipeline-config-history.entity.js';
import { PipelineDeletionService } from './pipeline-deletion.service.js';
import { PipelineIntakeService } from './pipeline-intake.service.js';
import { PipelineNameService } from './pipeline-name.service.js';
import { PipelinePatchService } from './pipeline-patch.service.js';
import { PipelineProgressRepository } from './pipeline-progress.repository.js';
import { PipelineRegistrationRepository } from './pipeline-registration.repository.js';
import { PipelineRegistrationService } from './pipeline-registration.service.js';
import { PipelineScheduleService } from './pipeline-schedule.service.js';
import { PipelineWatermarkService } from './pipeline-watermark.service.js';
import { PipelineSearchEntity } from './pipeline-search.entity.js';
import { PipelineSearchService } from './pipeline-search.service.js';
import { PipelineStatusService } from './pipeline-status.service.js';
import { PipelineTypeController } from './pipeline-type.controller.js';
import { PipelineTypeEntity } from './pipeline-type.entity.js';
import { PipelineTypeRepository } from './pipeline-type.repository.js';
import { PipelineTypeService } from './pipeline-type.service.js';
import { PipelineController } from './pipeline.controller.js';
import { PipelineEntity } from './pipeline.entity.js';
import { PipelineEvents } from './pipeline.events.js';
import { PipelineRepository } from './pipeline.repository.js';
import { PipelineService } from './pipeline.service.js';

/** Pipelines and their types, configurations, configuration history and watermarks. */
@Module({
  imports: [
    ChangeModule,
    IdempotencyModule,
    TypeOrmModule.forFeature([
      PipelineChangeEntity,
      PipelineConfigHistoryEntity,
      PipelineEntity,
      PipelineSearchEntity,
      PipelineTypeEntity,
    ]),
  ],
  controllers: [PipelineController, PipelineTypeController],
  providers: [
    NamePolicy,
    PipelineChangeService,
    PipelineDeletionService,
    PipelineEvents,
    PipelineIntakeService,
    PipelineNameService,
    PipelinePatchService,
    PipelineProgressRepository,
    PipelineRegistrationRepository,
    PipelineRegistrationService,
    PipelineRepository,
    PipelineScheduleService,
    PipelineSearchService,
    PipelineService,
    PipelineStatusService,
    PipelineTypeRepository,
    PipelineTypeService,
    PipelineWatermarkService,
  ],
  exports: [
    PipelineChangeService,
    PipelineDeletionService,
    PipelineEvents,
    PipelineIntakeService,
    PipelineNameService,
    PipelineRegistrationService,
    PipelineScheduleService,
    PipelineSearchService,
    PipelineStatusService,
    PipelineWatermarkService,
  ],
})
export class PipelineModule {}
