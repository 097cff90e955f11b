import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { IdempotencyModule } from '../../platform/idempotency/idempotency.module.js';
import { JobModule } from '../../platform/jobs/job.module.js';
import { ObservabilityModule } from '../../platform/observability/observability.module.js';
import { PipelineModule } from '../pipeline/pipeline.module.js';
import { ExecutionAttemptEntity } from './execution-attempt.entity.js';
import { ExecutionAttemptRepository } from './execution-attempt.repository.js';
import { ExecutionAttemptService } from './execution-attempt.service.js';
import { ExecutionDeadlineService } from './execution-deadline.service.js';
import { ExecutionEndService } from './execution-end.service.js';
import { ExecutionExternalIdEntity } from './execution-external-id.entity.js';
import { ExecutionListRepository } from './execution-list.repository.js';
import { ExecutionMetrics } from './execution-metrics.js';
import { ExecutionPatchService } from './execution-patch.service.js';
import { ExecutionSettlementRepository } from './execution-settlement.repository.js';
import { ExecutionSettlementService } from './execution-settlement.service.js';
import { ExecutionStartRepository } from './execution-start.repository.js';
import { ExecutionStartService } from './execution-start.service.js';
import { ExecutionStartWriter } from './execution-start.writer.js';
import { ExecutionWatermarkService } from './execution-watermark.service.js';
import { ExecutionController } from './execution.controller.js';
import { ExecutionEntity } from './execution.entity.js';
import { ExecutionEvents } from './execution.events.js';
import { ExecutionRepository } from './execution.repository.js';
import { ExecutionService } from './execution.service.js';
import { ExpectedExecutionEntity } from './expected-execution.entity.js';
import { ExpectedExecutionRepository } from './expected-execution.repository.js';
import { ExpectedExecutionService } from './expected-execution.service.js';

/** Executions: start, end, get, list. */
@Module({
  imports: [
    IdempotencyModule,
    JobModule,
    ObservabilityModule,
    PipelineModule,
    TypeOrmModule.forFeature([
      ExecutionAttemptEntity,
      ExecutionEntity,
      ExecutionExternalIdEntity,
      ExpectedExecutionEntity,
    ]),
  ],
  controllers: [ExecutionController],
  providers: [
    ExecutionAttemptRepository,
    ExecutionAttemptService,
    ExecutionDeadlineService,
    ExecutionEndService,
    ExecutionEvents,
    ExecutionListRepository,
    ExecutionMetrics,
    ExecutionPatchService,
    ExecutionRepository,
    ExecutionService,
    ExecutionSettlementRepository,
    ExecutionSettlementService,
    ExecutionStartRepository,
    ExecutionStartService,
    ExecutionStartWriter,
    ExecutionWatermarkService,
    ExpectedExecutionRepository,
    ExpectedExecutionService,
  ],
  exports: [ExecutionDeadlineService, ExecutionEvents, ExecutionService],
})
export class ExecutionModule {}
