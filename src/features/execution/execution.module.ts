import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { IdempotencyModule } from '../../platform/idempotency/idempotency.module.js';
import { JobModule } from '../../platform/jobs/job.module.js';
import { ObservabilityModule } from '../../platform/observability/observability.module.js';
import { ChangeModule } from '../changes/change.module.js';
import { PipelineModule } from '../pipeline/pipeline.module.js';
import { ExecutionAttemptEntity } from './execution-attempt.entity.js';
import { ExecutionAttemptRepository } from './execution-attempt.repository.js';
import { ExecutionAttemptService } from './execution-attempt.service.js';
import { ExecutionDeadlineService } from './execution-deadline.service.js';
import { ExecutionDeletionRepository } from './execution-deletion.repository.js';
import { ExecutionDeletionService } from './execution-deletion.service.js';
import { ExecutionEndService } from './execution-end.service.js';
import { ExecutionExternalIdEntity } from './execution-external-id.entity.js';
import { ExecutionFlagService } from './execution-flag.service.js';
import { ExecutionListRepository } from './execution-list.repository.js';
import { ExecutionMetrics } from './execution-metrics.js';
import { ExecutionPatchService } from './execution-patch.service.js';
import { ExecutionSettlementRepository } from './execution-settlement.repository.js';
import { ExecutionSettlementService } from './execution-settlement.service.js';
import { ExecutionSourceService } from './execution-source.service.js';
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
import { HeartbeatController } from './heartbeats/heartbeat.controller.js';
import { HeartbeatEntity, HeartbeatWatchEntity } from './heartbeats/heartbeat.entity.js';
import { HeartbeatRepository } from './heartbeats/heartbeat.repository.js';
import { HeartbeatService } from './heartbeats/heartbeat.service.js';
import { LostExecutionRepository } from './heartbeats/lost-execution.repository.js';
import { LostExecutionService } from './heartbeats/lost-execution.service.js';
import { PipelineHistoryController } from './pipeline-history/pipeline-history.controller.js';
import { PipelineHistoryRepository } from './pipeline-history/pipeline-history.repository.js';
import { PipelineHistoryService } from './pipeline-history/pipeline-history.service.js';
import { ExecutionRecordRepository } from './records/execution-record.repository.js';
import { ExecutionRecordService } from './records/execution-record.service.js';
import { PipelineSeriesController } from './pipeline-series/pipeline-series.controller.js';
import { PipelineSeriesRepository } from './pipeline-series/pipeline-series.repository.js';
import { PipelineSeriesService } from './pipeline-series/pipeline-series.service.js';
import { SeriesBoundsService } from './pipeline-series/series-bounds.service.js';

/** Executions: start, end, get, list, heartbeats; and the history of a pipeline, of which they are a part. */
@Module({
  imports: [
    ChangeModule,
    IdempotencyModule,
    JobModule,
    ObservabilityModule,
    PipelineModule,
    TypeOrmModule.forFeature([
      ExecutionAttemptEntity,
      ExecutionEntity,
      ExecutionExternalIdEntity,
      ExpectedExecutionEntity,
      HeartbeatEntity,
      HeartbeatWatchEntity,
    ]),
  ],
  controllers: [ExecutionController, HeartbeatController, PipelineHistoryController, PipelineSeriesController],
  providers: [
    ExecutionAttemptRepository,
    ExecutionAttemptService,
    ExecutionDeadlineService,
    ExecutionDeletionRepository,
    ExecutionDeletionService,
    ExecutionEndService,
    ExecutionEvents,
    ExecutionFlagService,
    ExecutionListRepository,
    ExecutionMetrics,
    ExecutionPatchService,
    ExecutionRecordRepository,
    ExecutionRecordService,
    ExecutionRepository,
    ExecutionService,
    ExecutionSettlementRepository,
    ExecutionSettlementService,
    ExecutionSourceService,
    ExecutionStartRepository,
    ExecutionStartService,
    ExecutionStartWriter,
    ExecutionWatermarkService,
    ExpectedExecutionRepository,
    ExpectedExecutionService,
    HeartbeatRepository,
    HeartbeatService,
    LostExecutionRepository,
    LostExecutionService,
    PipelineHistoryRepository,
    PipelineHistoryService,
    PipelineSeriesRepository,
    PipelineSeriesService,
    SeriesBoundsService,
  ],
  exports: [
    ExecutionDeadlineService,
    ExecutionDeletionService,
    ExecutionEndService,
    ExecutionEvents,
    ExecutionFlagService,
    ExecutionRecordService,
    ExecutionService,
    ExecutionSourceService,
    ExecutionStartService,
    HeartbeatService,
    LostExecutionService,
    SeriesBoundsService,
  ],
})
export class ExecutionModule {}
