import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { IdempotencyModule } from '../../platform/idempotency/idempotency.module.js';
import { JobModule } from '../../platform/jobs/job.module.js';
import { ObservabilityModule } from '../../platform/observability/observability.module.js';
import { ExecutionModule } from '../execution/execution.module.js';
import { PipelineModule } from '../pipeline/pipeline.module.js';
import { IdlePipelineService } from './idle-pipeline.service.js';
import { OldTreeService } from './old-tree.service.js';
import { PipelineDayEntity } from './pipeline-day.entity.js';
import { RetentionController } from './retention.controller.js';
import { RetentionRequestService } from './retention-request.service.js';
import { RetentionMetrics } from './retention-metrics.js';
import { RetentionRepository } from './retention.repository.js';
import { RetentionRunEntity } from './retention-run.entity.js';
import { RetentionRunService } from './retention-run.service.js';
import { RetentionScheduleService } from './retention-schedule.service.js';
import { RetentionService } from './retention.service.js';

/** The deletion of old trees, and the sums of their days, which stay. */
@Module({
  imports: [
    ExecutionModule,
    IdempotencyModule,
    JobModule,
    ObservabilityModule,
    PipelineModule,
    TypeOrmModule.forFeature([PipelineDayEntity, RetentionRunEntity]),
  ],
  controllers: [RetentionController],
  providers: [
    IdlePipelineService,
    OldTreeService,
    RetentionMetrics,
    RetentionRepository,
    RetentionRequestService,
    RetentionRunService,
    RetentionScheduleService,
    RetentionService,
  ],
  exports: [RetentionService],
})
export class RetentionModule {}
